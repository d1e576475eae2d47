"""The whole platform on servers of its own: two of each process, two roads to each server, and the outside world."""

from __future__ import annotations

import json
import secrets
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from zlib import crc32

import psutil
import psycopg

from eventing.settings import Settings
from eventing.web.auth import Role
from eventing.web.setup import local_issuer
from local_stack import ephemeral, processes
from local_stack.kinds import kind_of
from local_stack.stack import look_at
from local_stack.state import Addresses
from tests.soak.children import Child, await_answer, finished
from tests.soak.kafka_roads import KafkaByRoads, by_roads
from tests.soak.operating import Operator
from tests.soak.small_disk import small_disk
from tests.soak.starting import lastingly
from tests.support.outside import CarrierService, OutsideService, PaymentProvider
from tests.support.ports import free_ports
from tests.support.tcp_proxy import TcpProxy

PARTITIONS = 6
ROADS = ("a", "b")
HANDLERS = ("inventory", "payment", "shipping", "order")
PARTICIPANTS = (*HANDLERS, "watchdog")
SECTIONS = {
    "write": ("COMMAND_API", "PORT"),
    "query": ("QUERY_API", "PORT"),
    "relay": ("RELAY", "HEALTH_PORT"),
    "projector": ("PROJECTOR", "HEALTH_PORT"),
}
"""Of the settings, by the kind of process; every other kind is a worker of the saga."""
LEASE_TTL = 3.0
"""Seconds; a takeover takes at most twice as long."""


class Platform:
    def __init__(self, folder: Path, owner: int) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.tally = folder / "crash-points"
        self.disk: Path | None = None
        """Where the servers' data lie, if that is a disk of their own that may be filled up."""
        self.why_no_disk = ""
        self.children: dict[str, Child] = {}
        self.proxies: dict[str, TcpProxy] = {}
        """Roads to servers by `server/road`; whatever passes between them can be cut, held up and torn."""
        self._owner = owner
        self._open = ExitStack()
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opening:  # what fails half-way leaves nothing behind
            self._open = opening
            self._begin()
            self._open = opening.pop_all()
        return self

    def _begin(self) -> None:
        self.folder.chmod(0o755)  # the servers' account has to be able to walk through
        stack = self.folder / "stack"
        self.why_no_disk = self._open.enter_context(small_disk(stack))
        self.disk = None if self.why_no_disk else stack
        self._open.enter_context(by_roads(self._kafka()))
        self.servers: Addresses = ephemeral.up(stack, self._owner)
        self._open.callback(ephemeral.end, stack)
        self.payments: OutsideService = self._outside(PaymentProvider("payments", self.folder))
        self.carrier: OutsideService = self._outside(CarrierService("carrier", self.folder))
        self._build_roads()
        plain = self.environment()
        self.operator = Operator(stack, plain)
        for command in (("db", "upgrade"), ("topics", "create"), ("schemas", "push")):
            finished([*command, "--quiet"], plain)
        for name, arguments, road in self._cast():
            self.children[name] = Child(name, ["operations", *arguments], self.environment(road, name), self.logs)
        for child in self.children.values():
            self._open.callback(child.kill)
            child.start()
        for name in ("write-a", "write-b", "query-a", "query-b"):
            await_answer(f"{self.address(name)}/readyz")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in self.children.values():
            child.kill()
        self._open.close()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    def token(self, subject: str, *roles: str) -> str:
        settings = Settings.model_validate({"stack_dir": self.folder, "environment": "test"})
        return local_issuer(settings).issue(subject, [Role(role) for role in roles], minutes=24 * 60)

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """By the straight road, as a superuser."""
        with psycopg.connect(self.servers.postgres_url, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def post(self, path: str, body: Mapping[str, Any], token: str) -> None:
        """A command of the staff, before the storm."""
        request = urllib.request.Request(
            self.address("write-a") + path,
            json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": secrets.token_hex(8),
            },
        )
        with urllib.request.urlopen(request, timeout=30):
            pass

    def server_pids(self, server: str) -> list[int]:
        site = look_at(self.folder / "stack")
        assert site is not None
        kind = kind_of(server, site.home, site.state.uid)
        return [process.pid for process in processes.find([kind])[kind]]

    def heal(self) -> None:
        """Everything runs, nothing is held up, nobody outside makes trouble any more."""
        for proxy in self.proxies.values():
            proxy.heal()
            proxy.accept()
        self.operator.start_servers()
        for service in (self.payments, self.carrier):
            if not psutil.pid_exists(service.pid) or psutil.Process(service.pid).status() == psutil.STATUS_ZOMBIE:
                lastingly(service.restart)
            service.go_right()
        for child in self.children.values():
            child.thaw()
            child.start()

    def environment(self, road: str | None = None, name: str = "") -> dict[str, str]:
        found = {
            "ORDERS_ENVIRONMENT": "test",
            "ORDERS_STACK_DIR": str(self.folder),
            "ORDERS_POSTGRES__URL": self._by(road, "postgres", self.servers.postgres_url),
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS": self._kafka_by(road),
            "ORDERS_KAFKA__PARTITIONS": str(PARTITIONS),
            "ORDERS_ELASTICSEARCH__URL": self._by(road, "elasticsearch", self.servers.elasticsearch_url),
            "ORDERS_REDIS__URL": self._by(road, "redis", self.servers.redis_url),
            "ORDERS_REGISTRY__URL": self.servers.registry_url,
            "ORDERS_RELAY__LEASE_TTL": str(LEASE_TTL),
            "ORDERS_RATE_LIMIT__ENABLED": "false",
            "ORDERS_PAYMENTS__URL": self._by(road, "payments", self.payments.address),
            "ORDERS_CARRIER__URL": self._by(road, "carrier", self.carrier.address),
            "ORDERS_PLACE__NODE": name or "soak",
            "ORDERS_CRASH_POINT_TALLY": str(self.tally),
        }
        if name:
            found[_port_setting(name)] = str(self._ports[name])
        return found

    def telling(self) -> Sequence[str]:
        """Those whose metrics are of interest, as far as they can be asked."""
        asked = (*HANDLERS, "projector")
        return [name for name, child in self.children.items() if name.startswith(asked) and not child.frozen]

    def _cast(self) -> Sequence[tuple[str, Sequence[str], str]]:
        cast: list[tuple[str, Sequence[str], str]] = []
        for road in ROADS:
            cast += [
                (f"write-{road}", ("api", "commands"), road),
                (f"query-{road}", ("api", "queries"), road),
                (f"relay-{road}", ("relay",), road),
                (f"projector-{road}", ("projector",), road),
                *((f"{part}-{road}", ("participant", part), road) for part in PARTICIPANTS),
            ]
        self._ports = dict(zip((name for name, _, _ in cast), free_ports(len(cast)), strict=True))
        return cast

    def _kafka(self) -> KafkaByRoads:
        ports = dict(zip(ROADS, free_ports(len(ROADS)), strict=True))
        for road, port in ports.items():
            proxy = TcpProxy("127.0.0.1", port, seed=crc32(f"kafka/{road}".encode()))
            self.proxies[f"kafka/{road}"] = self._open.enter_context(proxy)
        return KafkaByRoads(ports, {road: self.proxies[f"kafka/{road}"].port for road in ROADS})

    def _kafka_by(self, road: str | None) -> str:
        if road is None:
            return self.servers.kafka_bootstrap
        return f"127.0.0.1:{self.proxies[f'kafka/{road}'].port}"

    def _build_roads(self) -> None:
        places = {
            "postgres": self.servers.postgres_url,
            "redis": self.servers.redis_url,
            "elasticsearch": self.servers.elasticsearch_url,
            "payments": self.payments.address,
            "carrier": self.carrier.address,
        }
        for server, url in places.items():
            for road in ROADS:
                proxy = TcpProxy("127.0.0.1", urlsplit(url).port or 0, seed=crc32(f"{server}/{road}".encode()))
                self.proxies[f"{server}/{road}"] = self._open.enter_context(proxy)

    def _by(self, road: str | None, server: str, url: str) -> str:
        if road is None:
            return url
        parts = urlsplit(url)
        return parts._replace(
            netloc=parts.netloc.replace(f":{parts.port}", f":{self.proxies[f'{server}/{road}'].port}")
        ).geturl()

    def _outside(self, service: OutsideService) -> OutsideService:
        self._open.callback(service.close)
        return service


def until(condition: Any, seconds: float) -> float | None:
    """How long it took; None if it did not come about."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(psycopg.OperationalError):
            if condition():
                return time.monotonic() - began
        time.sleep(0.1)
    return None


def _port_setting(name: str) -> str:
    """Where a process of this name answers: its customers, or whoever asks for its health and its metrics."""
    section, port = SECTIONS.get(name.partition("-")[0], ("SAGA", "HEALTH_PORT"))
    return f"ORDERS_{section}__{port}"
