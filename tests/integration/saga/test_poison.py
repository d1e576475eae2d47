"""What can't be handled waits alone, in order; all other orders flow, and a dependency that is away parks nobody."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from confluent_kafka import Producer

from eventing.cloudevents import Headers
from eventing.partitioning import partition_of
from operations import cli
from tests.support.relays.checker import PARTITIONS
from tests.support.saga.main import BUGGY
from tests.support.saga.platform import World
from tests.support.waiting import until


@pytest.fixture(scope="module", autouse=True)
def everybody(world: World) -> Iterator[None]:
    world.start("inventory", mutant="bug", SAGA__INSTANCE="one")
    world.start("payment", "shipping", "order")
    yield
    world.stop_all()


def parked(world: World, key: str) -> list[tuple[str, str]]:
    return world.installation.query(
        "SELECT event_type, cause_code FROM parked_events WHERE consumer = 'saga.inventory' AND key = %s ORDER BY id",
        key,
    )


def test_a_bug_that_one_order_meets_parks_that_order_alone(
    world: World, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.shop.receive(**{sku: 12})
    poor = world.shop.place({sku: 1}, customer=BUGGY)
    others = world.shop.place_many([{sku: 1}] * 10)

    assert set(world.await_ended(*others)) == {"order.confirmed"}
    until(lambda: parked(world, poor.order_id), "the order is parked")
    assert parked(world, poor.order_id) == [("order.placed", "bug")]

    # What comes later of its key queues behind it, and nothing of it is lost.
    world.shop.cancel(poor)
    until(lambda: len(parked(world, poor.order_id)) == 2, "what comes later queues behind")
    assert [cause for _, cause in parked(world, poor.order_id)] == ["bug", "queued_behind"]

    # The bug is mended; an operator has the key tried again.
    world.stop(world.running[0])
    world.start("inventory", SAGA__INSTANCE="one")
    monkeypatch.setenv("ORDERS_POSTGRES__URL", world.installation.postgres_url)
    assert cli.run(["parked", "retry", "--key", poor.order_id]) == 0

    assert world.await_ended(poor) == ["order.cancelled"]
    until(lambda: not parked(world, poor.order_id), "nothing is parked any more")
    assert world.complaints([poor, *others]) == []


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (b"\xff\xff no event", []),
        (b"\x00\x00\x00\x00\x01\xff\xff", "order.placed:2"),
        (b"\x00\x7f\xff\xff\xff\x00", "order.placed:99"),
    ],
    ids=["no headers", "bad bytes", "unknown schema"],
)
def test_unreadable_records_are_parked_and_the_others_flow(
    world: World, sku: str, value: bytes, headers: str | Headers
) -> None:
    world.shop.receive(**{sku: 6})
    key = f"poison-{sku}"
    producer = Producer({"bootstrap.servers": world.installation.kafka_bootstrap, "enable.idempotence": True})
    producer.produce(
        world.installation.order_topic,
        value,
        key=key.encode(),
        partition=partition_of(key, PARTITIONS),
        headers=like_a_relay(headers, key) if isinstance(headers, str) else headers,
    )
    assert producer.flush(30) == 0
    orders = world.shop.place_many([{sku: 1}] * 6)

    assert set(world.await_ended(*orders)) == {"order.confirmed"}
    until(lambda: parked(world, key), "it is parked")
    assert {cause for _, cause in parked(world, key)} <= {"unreadable", "foreign_record"}


def like_a_relay(schema: str, key: str) -> Headers:
    nothing = "00000000-0000-0000-0000-000000000001"
    return [
        ("ce_type", schema.partition(":")[0]),
        ("ce_dataschema", f"urn:orderloom:{schema}"),
        ("ce_globalposition", str(10**15)),
        ("ce_subject", f"order-{key}"),
        ("ce_aggregateversion", "1"),
        ("ce_id", nothing),
        ("ce_time", "2026-01-01T00:00:00Z"),
        ("ce_correlationid", nothing),
        ("ce_actor", "nobody"),
    ]


def test_a_database_that_is_cut_off_parks_nobody(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 30})
    before = world.installation.query("SELECT count(*) FROM parked_events")
    orders = world.shop.place_many([{sku: 1}] * 30)
    for _ in range(5):
        with psycopg.connect(world.installation.postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name LIKE 'orderloom saga%%'"
            )
        until(lambda: world.shop.query("SELECT FROM events"), "it goes on")

    assert set(world.await_ended(*orders)) == {"order.confirmed"}
    assert world.complaints(orders) == []
    assert world.installation.query("SELECT count(*) FROM parked_events") == before
