"""The topics as others read them: with clients that know nothing of this platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from eventing.errors import Misconfigured
from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from eventing.streams import key_of
from operations import cli
from tests.backing import Backing
from tests.integration.relay.conftest import StartRelay
from tests.support.java.console_consumer import class_path, decoded_lines
from tests.support.relays.checker import PARTITIONS, Stored, read_store
from tests.support.relays.installation import Installation, write

EVENTS = 12


@pytest.fixture
def published(
    monkeypatch: pytest.MonkeyPatch, backing: Backing, database: str, names: str, start_relay: StartRelay
) -> Installation:
    """Schemas in the real registry, pushed as an operator pushes them; some events in the topic."""
    made = Installation(database, backing.kafka_bootstrap, names)
    for name, value in made.settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ORDERS_REGISTRY__URL", backing.registry_url)
    monkeypatch.setenv("ORDERS_REGISTRY__SUBJECT_PREFIX", f"{names}.")
    assert cli.run(["schemas", "push", "--quiet"]) == 0
    Topics(KafkaSettings(bootstrap_servers=backing.kafka_bootstrap)).create(made.topics)
    start_relay(made)
    write(made, EVENTS // 2, keys=3)
    made.await_published()
    return made


def test_confluents_own_deserializer_reads_them_with_the_registry(published: Installation, backing: Backing) -> None:
    with SchemaRegistryClient({"url": backing.registry_url, "timeout": 10}) as registry:
        found = decoded(published, AvroDeserializer(registry))

    assert {kind for kind, _ in found} == {b"order.confirmed", b"payment.declined"}
    assert all(event["order_id"] for _, event in found)
    assert {event["reason"] for kind, event in found if kind == b"payment.declined"} == {"insufficient_funds"}


def decoded(published: Installation, decode: Callable[..., Any]) -> list[tuple[bytes, dict[str, Any]]]:
    consumer = Consumer({"bootstrap.servers": published.kafka_bootstrap, "group.id": "stranger"})
    consumer.assign([TopicPartition(published.order_topic, n, 0) for n in range(PARTITIONS)])
    found: list[tuple[bytes, dict[str, Any]]] = []
    while len(found) < EVENTS:
        message = consumer.poll(60)
        assert message is not None
        value = message.value()
        context = SerializationContext(published.order_topic, MessageField.VALUE)
        headers: Any = message.headers()
        found.append((dict(headers)["ce_type"], decode(value, context)))
    consumer.close()
    return found


def test_kafkas_own_console_consumer_decodes_them(published: Installation, backing: Backing) -> None:
    try:
        classes = class_path()
    except Misconfigured as error:
        pytest.skip(str(error))

    lines = decoded_lines(classes, published.kafka_bootstrap, backing.registry_url, published.order_topic, EVENTS)

    assert sorted(map(told, lines)) == sorted(
        (event.event_id, str(event.position), key_of(event.stream), {"order_id": key_of(event.stream)} | reason(event))
        for event in read_store(published.postgres_url)
    )


def told(line: str) -> tuple[str, str, str, dict[str, str]]:
    """Event id, position, key and the fields of the decoded event."""
    headers, key, value = line.split("\t")
    named = dict(header.split(":", 1) for header in headers.split(","))
    return named["ce_id"], named["ce_globalposition"], key, json.loads(value)


def reason(event: Stored) -> dict[str, str]:
    return {"reason": "insufficient_funds"} if event.stream.startswith("payment-") else {}
