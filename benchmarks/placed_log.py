"""Placed orders in a topic, as a relay publishes them, and the documents that a read model makes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from confluent_kafka import Producer

from benchmarks.kafka import PARTITIONS, topic
from benchmarks.orders import placed_orders
from event_schemas.order.placed import OrderPlaced
from eventing.avro.codec import Codec
from eventing.cloudevents import constant_headers, event_headers, frame
from eventing.consuming import Partition
from eventing.ids import uuid7
from eventing.partitioning import partition_of
from projections.read_model import Heard, ReadModel, at_text

TOPIC = "order.events.v1"
AT = datetime(2026, 11, 26, tzinfo=UTC)


class Ready(NamedTuple):
    """A document that somebody else has folded."""

    id: str
    position: int
    document: dict[str, object]


class PlacedLog:
    def __init__(self, count: int) -> None:
        self.orders = list(islice(placed_orders(), count))

    @property
    def heads(self) -> dict[Partition, int]:
        found: dict[Partition, int] = {}
        for order in self.orders:
            place = Partition(TOPIC, partition_of(order.order_id, PARTITIONS))
            found[place] = found.get(place, 0) + 1
        return found

    def ready(self, model: ReadModel) -> Sequence[Ready]:
        (family,) = model.families
        found = []
        for position, order in enumerate(self.orders, 1):
            document = family.fold(None, Heard(order, f"order-{order.order_id}", 1, position, at_text(AT)))
            assert document is not None
            found.append(Ready(order.order_id, position, document))
        return found

    @asynccontextmanager
    async def published(self, bootstrap: str, prefix: str, codec: Codec) -> AsyncIterator[None]:
        async with topic(bootstrap, prefix + TOPIC) as name:
            producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20})
            for position, order in enumerate(self.orders, 1):
                partition = partition_of(order.order_id, PARTITIONS)
                kind, version, body = codec.encode(order)
                headers = _headers(kind, version, order, position)
                producer.produce(name, frame(1) + body, order.order_id, partition, headers=headers)
                if position % 1000 == 0:
                    producer.flush()
            producer.flush()
            yield


def _headers(kind: str, version: int, order: OrderPlaced, position: int) -> list[tuple[str, str | bytes | None]]:
    return event_headers(
        constant_headers(kind, version, 1),
        str(uuid7()),
        f"order-{order.order_id}",
        "1",
        position,
        AT.strftime("%Y-%m-%d %H:%M:%S.%f+00"),
        str(uuid7()),
        None,
        "bench",
        None,
    )
