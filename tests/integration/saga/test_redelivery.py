"""Everything comes twice, or from the beginning once more; nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.support.relays.checker import PARTITIONS
from tests.support.saga.platform import PARTICIPANTS, World
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def ends(world: World) -> Iterator[None]:
    yield
    world.stop_all()
    world.carrier.go_right()


def publish_all_again(world: World) -> int:
    """As a relay does that had to begin again from an old checkpoint."""
    bootstrap, topic = world.installation.kafka_bootstrap, world.installation.order_topic
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "again", "enable.auto.commit": False})
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=60)[1] for n in range(PARTITIONS)]
    consumer.assign([TopicPartition(topic, n, 0) for n in range(PARTITIONS)])
    left = sum(ends)
    while left:
        for record in consumer.consume(left, timeout=60):
            place = record.partition()
            assert place is not None
            producer.produce(topic, record.value(), record.key(), partition=place, headers=record.headers())
            left -= 1
    assert producer.flush(30) == 0
    consumer.close()
    return sum(ends)


def test_what_is_published_again_changes_nothing(world: World, sku: str) -> None:
    process = world.start("all")
    world.shop.receive(**{sku: 40})
    world.carrier.go_wrong({"operation": "book", "fault": "decline", "probability": 0.5})
    orders = world.shop.place_many([{sku: 1}] * 10)
    world.await_ended(*orders)
    world.await_quiet()
    head = world.installation.head()

    assert publish_all_again(world) >= 70
    more = world.shop.place_many([{sku: 1}] * 10)

    world.await_ended(*more)
    world.await_quiet()
    assert all(process.metric("events_redelivered_total", name) >= 10 for name in PARTICIPANTS[:3])
    assert world.complaints([*orders, *more]) == []
    assert not world.shop.query(
        "SELECT FROM events WHERE position > %s AND stream = ANY (%s)",
        head,
        [
            f"{category}-{order.order_id}"
            for order in orders
            for category in ("order", "payment", "reservation", "shipment")
        ],
    )


def test_even_where_all_marks_are_lost_nothing_happens_twice(world: World, sku: str) -> None:
    """The second wall: who hears all of it once more has nothing to add."""
    world.start("all")
    world.shop.receive(**{sku: 10})
    world.carrier.go_wrong({"operation": "book", "fault": "decline", "probability": 0.5})
    orders = world.shop.place_many([{sku: 1}] * 10)
    world.await_ended(*orders)
    world.await_quiet()
    head = world.installation.head()
    world.stop_all()
    world.installation.query("DELETE FROM consumer_marks")

    process = world.start("all")

    for name in PARTICIPANTS:
        process.await_partitions(name, PARTITIONS)
    until(lambda: all(process.metric("events_handled_total", name) >= 10 for name in PARTICIPANTS[:3]), "all is heard")
    world.await_quiet()
    assert world.installation.head() == head
    assert world.complaints(orders) == []
