"""What each test of the relay has of its own: a database, topics, relays that end with the test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from operations import cli
from tests.backing import Backing
from tests.support.relays.broker import Broker, proxied_broker
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation, fresh_database, template_database
from tests.support.relays.process import RelayProcess
from tests.support.tcp_proxy import TcpProxy

StartRelay = Callable[..., RelayProcess]


class Said(NamedTuple):
    """By `orders relay status --json`."""

    status: int
    answer: dict[str, Any]


AskStatus = Callable[[Installation], Said]


@pytest.fixture(scope="module")
def template(backing: Backing) -> Iterator[str]:
    with template_database(backing.postgres_url) as name:
        yield name


@pytest.fixture
def database(backing: Backing, template: str) -> Iterator[str]:
    with fresh_database(backing.postgres_url, template) as url:
        yield url


@pytest.fixture
def installation(backing: Backing, database: str, names: str) -> Installation:
    """Schemas are pushed, topics are made, nothing has happened."""
    return prepared(Installation(database, backing.kafka_bootstrap, names))


def prepared(made: Installation) -> Installation:
    made.push_schemas()
    Topics(KafkaSettings(bootstrap_servers=made.kafka_bootstrap, partitions=PARTITIONS)).create(made.topics)
    return made


@pytest.fixture
def start_relay() -> Iterator[StartRelay]:
    """A relay of an installation; further settings as keywords, `ORDERS_` left out."""
    with ExitStack() as running:

        def start(installation: Installation, *, mutant: str = "none", **settings: str) -> RelayProcess:
            more = {f"ORDERS_{name}": value for name, value in settings.items()}
            return running.enter_context(RelayProcess(installation.settings(**more), mutant=mutant))

        yield start


@pytest.fixture
def ask_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> AskStatus:
    def ask(installation: Installation) -> Said:
        monkeypatch.setenv("ORDERS_POSTGRES__URL", installation.postgres_url)
        status = cli.run(["relay", "status", "--json"])
        out, complaint = capsys.readouterr()
        assert not complaint
        return Said(status, json.loads(out))

    return ask


@pytest.fixture(scope="session")
def broker_folder() -> Iterator[Path]:
    """Where the servers' account may go."""
    made = Path(tempfile.mkdtemp(prefix="orderloom-broker-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def own_kafka(broker_folder: Path) -> Iterator[tuple[Broker, TcpProxy]]:
    """For tests that break it: each leaves it running, and the next one finds its connections healed."""
    with proxied_broker(broker_folder / "kafka") as running:
        yield running


@pytest.fixture
def broker(own_kafka: tuple[Broker, TcpProxy]) -> Broker:
    return own_kafka[0]


@pytest.fixture
def proxy(own_kafka: tuple[Broker, TcpProxy]) -> Iterator[TcpProxy]:
    own_kafka[1].heal()
    yield own_kafka[1]
    own_kafka[1].heal()


@pytest.fixture
def behind_proxy(database: str, names: str, broker: Broker, proxy: TcpProxy) -> Installation:
    """The relay reaches Kafka through the proxy; the test does so directly."""
    environment = {"ORDERS_KAFKA__BOOTSTRAP_SERVERS": f"{proxy.host}:{proxy.port}"}
    return prepared(Installation(database, broker.direct, names, environment))
