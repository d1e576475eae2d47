"""A database with the platform's tables, and topics of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eventing.postgres.database import Database
from eventing.postgres.marks import Execute
from tests.backing import Backing
from tests.support.relays.installation import fresh_database, template_database

PARTITIONS = 3


@pytest.fixture(scope="module")
def migrated(backing: Backing) -> Iterator[str]:
    with template_database(backing.postgres_url) as name:
        yield name


@pytest.fixture
def database(backing: Backing, migrated: str) -> Iterator[str]:
    with fresh_database(backing.postgres_url, migrated) as url:
        yield url


@pytest.fixture
def execute(database: str) -> Iterator[Execute]:
    """Each statement in a transaction of its own."""
    connection = Database(database, application_name="test", patience=10)
    yield connection.query
    connection.close()


class Topic:
    def __init__(self, bootstrap: str, name: str) -> None:
        self.bootstrap = bootstrap
        self.name = name
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})

    def write(self, values: Sequence[Any], partition: int = 0) -> None:
        for value in values:
            self._producer.produce(self.name, str(value).encode(), key=b"key", partition=partition)
        assert self._producer.flush(30) == 0

    def cut_off(self, before: int, partition: int = 0) -> None:
        from confluent_kafka import TopicPartition

        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.delete_records([TopicPartition(self.name, partition, before)]).values():
            future.result(30)


@pytest.fixture
def make_topic(backing: Backing, names: str) -> Iterator[Callable[[], Topic]]:
    admin = AdminClient({"bootstrap.servers": backing.kafka_bootstrap})
    made: list[str] = []

    def make() -> Topic:
        name = f"{names}.{len(made)}"
        for future in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
            future.result(30)
        made.append(name)
        return Topic(backing.kafka_bootstrap, name)

    yield make
    for future in admin.delete_topics(made).values():
        future.result(30)
