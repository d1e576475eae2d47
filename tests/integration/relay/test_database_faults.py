"""A leader that loses its database, half-open, cut off or restarted."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from eventing.postgres import migrating
from local_stack import installed, options
from local_stack.account import account_for_servers
from operations.migrations import locations
from tests.backing import Backing
from tests.integration.relay.conftest import StartRelay, prepared
from tests.integration.relay.test_crashes import TTL, await_progress, say, seconds_to_takeover
from tests.support.ports import free_port
from tests.support.relays.installation import Installation, Writers
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("how", ["nothing passes any more", "every connection is reset"])
def test_a_leader_that_loses_its_database_is_replaced_and_harmless(
    installation: Installation, start_relay: StartRelay, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server = urlsplit(installation.postgres_url)
    assert server.hostname
    assert server.port
    with TcpProxy(server.hostname, server.port) as proxy, Writers(installation):
        through_proxy = server._replace(netloc=server.netloc.replace(f":{server.port}", f":{proxy.port}")).geturl()
        leader = start_relay(installation, POSTGRES__URL=through_proxy)
        until(lambda: installation.leader() and installation.checkpoint(), "it leads and publishes")
        start_relay(installation)
        if how.startswith("nothing"):
            proxy.pause()
        else:
            proxy.refuse()
            proxy.cut()
        seconds = seconds_to_takeover(installation, leader)
        await_progress(installation, installation.head())
        proxy.heal()
    installation.await_published()

    say(capsys, f"takeover when {how} in {seconds:.2f} s at a TTL of {TTL} s")
    assert seconds <= 2 * TTL
    assert not installation.verdict().complaints


def test_a_database_that_is_killed_and_comes_back_finds_the_relay_waiting(
    backing: Backing, own_postgres: OwnPostgres, names: str, start_relay: StartRelay
) -> None:
    migrating.upgrade(own_postgres.url, locations())
    installation = prepared(Installation(own_postgres.url, backing.kafka_bootstrap, names))
    relay = start_relay(installation)
    with Writers(installation):
        until(lambda: installation.checkpoint() > 0, "events are published")
        own_postgres.kill()
        own_postgres.start()
        await_progress(installation, installation.head())
    installation.await_published()

    assert not installation.verdict().complaints
    relay.ask_to_end()
    assert relay.wait() == 0


class OwnPostgres:
    def __init__(self, folder: Path) -> None:
        found = installed.postgres(folder / "data")
        if found is None:
            pytest.skip("no PostgreSQL is installed here besides the one that is shared")
        self._bin = found
        self._folder = folder
        self._account = account_for_servers(options.from_settings().user)
        self._account.make_own(folder)
        self._port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        listening = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", listening, "start")

    def kill(self) -> None:
        """No shutdown: it recovers when it starts."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
            **self._account.popen_arguments(),
        )


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="orderloom-postgres-"))
    try:
        server = OwnPostgres(folder)
        server.start()
        yield server
        server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
