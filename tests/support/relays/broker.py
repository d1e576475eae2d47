"""A Kafka of one test's own, which may be frozen, killed and filled up, behind a proxy that breaks its connections."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local_stack import options, programs
from local_stack.account import account_for_servers
from local_stack.progress import silent
from tests.support import freezing
from tests.support.ports import free_port, free_ports
from tests.support.tcp_proxy import TcpProxy

CLUSTER = "orderloom-relay-tests1"
START_SECONDS = 120
NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "DIRECT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    # A broker that was killed may come back when the session of its former life is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.retention.check.interval.ms": "3600000",
    "log.segment.bytes": str(1024 * 1024),
    "log.index.size.max.bytes": "4096",
}


class Broker:
    """Reached in two ways: `direct`, and `proxied`, whose advertised address is the proxy's port."""

    def __init__(self, folder: Path, *, proxied_port: int, proxy_port: int) -> None:
        self._folder = folder
        self._account = account_for_servers(options.from_settings().user)
        found = programs.locate(options.from_settings(), self._account, folder / "no-postgres", silent)
        self._java = str(found["java"] / "bin" / "java")
        self._classes = str(found["kafka"] / "*")
        self.direct_port, controller = free_ports(2)
        listeners = {
            "DIRECT": f"127.0.0.1:{self.direct_port}",
            "PROXIED": f"127.0.0.1:{proxied_port}",
            "CONTROLLER": f"127.0.0.1:{controller}",
        }
        advertised = {"DIRECT": listeners["DIRECT"], "PROXIED": f"127.0.0.1:{proxy_port}"}
        self._account.make_own(folder)
        self._properties = self._account.write(
            folder / "server.properties",
            _lines(
                NODE
                | {
                    "controller.quorum.voters": f"1@{listeners['CONTROLLER']}",
                    "listeners": _listeners(listeners),
                    "advertised.listeners": _listeners(advertised),
                    "log.dirs": str(folder / "log"),
                }
            ),
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def direct(self) -> str:
        return f"127.0.0.1:{self.direct_port}"

    def start(self) -> None:
        if not (self._folder / "log" / "meta.properties").exists():
            tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self._properties)]
            self._run(tool).wait(START_SECONDS)
        self._process = self._run(["kafka.Kafka", str(self._properties)])
        until = time.monotonic() + START_SECONDS
        admin = AdminClient({"bootstrap.servers": self.direct, "log_level": 0})
        while True:
            with suppress(KafkaException):
                admin.list_topics(timeout=2)
                return
            assert time.monotonic() < until, "the broker did not start"

    def freeze(self) -> None:
        assert self._process is not None
        freezing.freeze(self._process)

    def thaw(self) -> None:
        assert self._process is not None
        freezing.thaw(self._process)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _run(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        small = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
        return subprocess.Popen(
            [self._java, *small, "-cp", self._classes, *arguments],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            **self._account.popen_arguments(),
        )


@contextmanager
def proxied_broker(folder: Path) -> Iterator[tuple[Broker, TcpProxy]]:
    proxied_port = free_port()
    with TcpProxy("127.0.0.1", proxied_port, seed=7) as proxy:
        broker = Broker(folder, proxied_port=proxied_port, proxy_port=proxy.port)
        try:
            broker.start()
            yield broker, proxy
        finally:
            broker.kill()


def _listeners(addresses: dict[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in addresses.items())


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
