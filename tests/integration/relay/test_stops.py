"""Where the relay can't go on it stops before the event, says what to do, and goes on by itself when that is done."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions

from event_schemas.payment.declined import PaymentDeclined
from eventing.avro.codec import Codec
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.postgres.store import PostgresEventStore
from tests.integration.relay.conftest import AskStatus, StartRelay
from tests.support.relays.installation import CATALOGUE, Installation, write
from tests.support.relays.metrics import readiness
from tests.support.waiting import until


def test_an_event_without_a_schema_id_waits_until_schemas_are_pushed(
    installation: Installation, start_relay: StartRelay, ask_status: AskStatus
) -> None:
    installation.query("DELETE FROM published_schemas WHERE type = 'payment.declined'")
    start_relay(installation)
    write(installation, 5)

    until(
        lambda: "orders schemas push" in str(ask_status(installation).answer["last_error"]),
        "the status says what to do",
    )
    until(installation.checkpoint, "what came before it is published")
    assert installation.checkpoint() == 1, "everything before it is published, nothing behind it"

    installation.push_schemas()
    installation.await_published()
    assert not installation.verdict().complaints


@pytest.mark.parametrize("mutant", ["none", "skip_failed_batch"])
def test_a_message_that_kafka_refuses_is_never_skipped(
    installation: Installation, start_relay: StartRelay, ask_status: AskStatus, mutant: str
) -> None:
    start_relay(installation, mutant=mutant)
    write(installation, 5)
    installation.await_published()
    limit_messages(installation, 3_000)
    append_large(installation, 10_000)

    if mutant == "none":
        until(
            lambda: "max.message.bytes" in str(ask_status(installation).answer["last_error"]),
            "the status says what to do",
        )
        assert installation.checkpoint() == 10, "it waits before the event"
    write(installation, 5)
    limit_messages(installation, 1_048_588)
    installation.await_published()

    complaints = installation.verdict().complaints
    assert bool(complaints) is (mutant != "none"), complaints


def test_a_changed_number_of_partitions_ends_the_relay(installation: Installation, start_relay: StartRelay) -> None:
    admin = AdminClient({"bootstrap.servers": installation.kafka_bootstrap})
    first = start_relay(installation, mutant="watchful")
    write(installation, 5)
    installation.await_published()
    second = start_relay(installation)
    admin.create_partitions([NewPartitions(installation.order_topic, 7)])[installation.order_topic].result(60)

    # One after the other: the first when it looks at the topics again, the second as soon as it leads.
    assert first.wait() == 2
    assert second.wait() == 2
    assert "has 7 partitions, not 6" in second.said
    assert "Traceback" not in second.said


def test_other_settings_than_the_topics_were_begun_with_end_the_relay(
    installation: Installation, start_relay: StartRelay
) -> None:
    first = start_relay(installation)
    write(installation, 5)
    installation.await_published()
    first.ask_to_end()
    assert first.wait() == 0

    second = start_relay(installation, KAFKA__PARTITIONS="12")

    assert second.wait() == 2
    assert "set ORDERS_KAFKA__PARTITIONS back to 6" in second.said


def test_a_relay_that_nobody_leads_for_is_not_ready(installation: Installation, start_relay: StartRelay) -> None:
    installation.query("ALTER TABLE leases RENAME TO gone")

    relay = start_relay(installation)

    until(lambda: readiness(relay)[0] == 503, "nobody leads")
    installation.query("ALTER TABLE gone RENAME TO leases")
    until(lambda: readiness(relay)[0] == 200, "it leads")


def limit_messages(installation: Installation, largest: int) -> None:
    admin = AdminClient({"bootstrap.servers": installation.kafka_bootstrap})
    entry = ConfigEntry("max.message.bytes", str(largest), incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ResourceType.TOPIC, installation.order_topic, incremental_configs=[entry])
    admin.incremental_alter_configs([topic])[topic].result(60)


def append_large(installation: Installation, size: int) -> None:
    async def append() -> None:
        async with PostgresEventStore.open(installation.postgres_url, Codec(CATALOGUE)) as store:
            event = PaymentDeclined(order_id=str(UUID(int=1)), reason="x" * size)
            write = StreamWrite(f"payment-{event.order_id}", ANY_VERSION, [NewEvent(uuid4(), event)])
            await store.append(Append([write], Circumstances(uuid4(), "writer")))

    asyncio.run(append())
