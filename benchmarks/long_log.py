"""A log of so many events in a fresh database, as appends leave it: orders on their whole way, hundreds at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

import event_schemas
from benchmarks.orders import placed_order
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.values import SkuQuantity
from eventing.avro import Codec
from eventing.catalogue import Catalogue

AT_ONCE: Final = 300
"""Orders that are under way at the same time."""
STEPS: Final = 7
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
CATALOGUE: Final = Catalogue.discover(event_schemas)
_COPY: Final = """
    COPY events (position, recorded_at, event_id, correlation_id, version, schema_version, stream, type, actor, body)
    FROM STDIN
"""


def fill(url: str, events: int) -> None:
    codec = Codec(CATALOGUE)
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for position, (version, event) in enumerate(_first(events), 1):
            name, schema_version, body = codec.encode(event)
            stream = f"{CATALOGUE[name].stream}-{event.order_id}"
            at = BEGAN + timedelta(milliseconds=position)
            ids = UUID(int=position), UUID(int=2**64 + position)
            copy.write_row((position, at, *ids, version, schema_version, stream, name, "bench", body))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) events")


def _first(events: int) -> Iterator[tuple[int, Any]]:
    source = _interleaved()
    for _ in range(events):
        yield next(source)


def _interleaved() -> Iterator[tuple[int, Any]]:
    chance = random.Random(1)
    under_way = [_way(chance) for _ in range(AT_ONCE)]
    while True:
        lane = chance.randrange(AT_ONCE)
        step = next(under_way[lane], None)
        if step is None:
            under_way[lane] = _way(chance)
            step = next(under_way[lane])
        yield step


def _way(chance: random.Random) -> Iterator[tuple[int, Any]]:
    """Each event with its version in its stream."""
    placed = placed_order(chance)
    order, total = placed.order_id, placed.total
    yield 1, placed
    quantities = tuple(SkuQuantity(sku=line.sku, quantity=line.quantity) for line in placed.lines)
    yield 1, InventoryReserved(order_id=order, lines=quantities)
    yield 1, PaymentRequested(order_id=order, amount=total, currency="EUR", provider_key=order)
    yield 2, PaymentCharged(order_id=order, amount=total, currency="EUR", provider_reference=f"ch_{order}")
    yield 1, ShippingRequested(order_id=order, address=placed.delivery_address, provider_key=order)
    yield 2, ShippingLabelCreated(order_id=order, carrier="post", tracking_number=f"T{order}")
    yield 2, OrderConfirmed(order_id=order)
