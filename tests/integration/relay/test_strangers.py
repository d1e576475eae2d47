"""The topics as others read them: with clients that know nothing of this platform."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from eventing.cloudevents import FRAME_LENGTH
from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from local_stack import options, programs
from local_stack.account import account_for_servers
from local_stack.progress import silent
from operations import cli
from tests.backing import Backing
from tests.integration.relay.conftest import StartRelay
from tests.support.relays.checker import PARTITIONS, read_store
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
    with SchemaRegistryClient({"url": backing.registry_url}) as registry:
        found = decoded(published, AvroDeserializer(registry))

    assert {kind for kind, _ in found} == {b"order.confirmed", b"payment.declined"}
    assert all(event["order_id"] for _, event in found)
    assert {event["reason"] for kind, event in found if kind == b"payment.declined"} == {"insufficient_funds"}


def decoded(published: Installation, decode: Callable[..., Any]) -> list[tuple[bytes, dict[str, Any]]]:
    consumer = Consumer({"bootstrap.servers": published.kafka_bootstrap, "group.id": "stranger"})
    consumer.assign([TopicPartition(published.order_topic, n, 0) for n in range(PARTITIONS)])
    found: list[tuple[bytes, dict[str, Any]]] = []
    while len(found) < EVENTS:
        message = consumer.poll(10)
        assert message is not None
        value = message.value()
        context = SerializationContext(published.order_topic, MessageField.VALUE)
        headers: Any = message.headers()
        found.append((dict(headers)["ce_type"], decode(value, context)))
    consumer.close()
    return found


def test_kafkas_own_console_consumer_reads_keys_headers_and_bytes(published: Installation) -> None:
    """What it prints are the bytes as they are: frame and headers are compared."""
    account = account_for_servers(options.from_settings().user)
    found = programs.locate(options.from_settings(), account, Path("no-postgres"), silent)
    shown = subprocess.run(
        [
            str(found["java"] / "bin" / "java"),
            *("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(found["kafka"] / "*")),
            *("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", published.kafka_bootstrap),
            *("--topic", published.order_topic, "--from-beginning", "--max-messages", str(EVENTS)),
            *("--timeout-ms", "20000", "--formatter-property", "print.key=true"),
            *("--formatter-property", "print.headers=true"),
        ],
        check=False,
        capture_output=True,
        timeout=60,
    )
    if b"ConsoleConsumer" in shown.stderr and shown.returncode:
        pytest.skip("the jars of the broker hold no console consumer")

    assert shown.returncode == 0, shown.stderr
    for event in read_store(published.postgres_url):
        assert f"ce_id:{event.event_id}".encode() in shown.stdout
        assert event.body in shown.stdout
    assert shown.stdout.count(b"\t\0\0\0") == EVENTS, "the frame stands before each body"
    assert FRAME_LENGTH == 5
