"""What each test of the relay has of its own: a database, topics, relays that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from tests.backing import Backing
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation, fresh_database, template_database
from tests.support.relays.process import RelayProcess

StartRelay = Callable[..., RelayProcess]


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
