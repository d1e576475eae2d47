"""Where customers order and goods come in: straight into the event store, as the write API does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg

import event_schemas
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.placed import OrderPlaced
from event_schemas.stock.received import StockReceived
from event_schemas.values import Address, OrderLine
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Conflict
from eventing.event_store import ANY_VERSION, NO_STREAM, Append, InlineWrite, StreamWrite
from eventing.postgres.appending_within import append_within_blocking
from eventing.postgres.batch import Preparation

CODEC = Codec(Catalogue.discover(event_schemas))
PRICE = 650
GHENT = Address(recipient="Ada", street="Road 1", postal_code="9000", city="Ghent", country="BE")
ENDS = ("order.confirmed", "order.failed", "order.cancelled")
AT_ONCE = 200


class Order(NamedTuple):
    order_id: str
    total: int


class Shop:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)
        self._prepare = Preparation(CODEC)

    def close(self) -> None:
        self._connection.close()

    def receive(self, **pieces: int) -> None:
        for sku, quantity in pieces.items():
            reference = str(uuid4())
            event = StockReceived(sku=sku, quantity=quantity, reference=reference)
            moved = InlineWrite("move_stock_level", {"sku": sku, "delta": quantity, "reference": reference}, sku)
            write = StreamWrite(f"stock-{sku}", ANY_VERSION, [NewEvent(uuid4(), event)])
            self._append([Append([write], Circumstances(uuid4(), "warehouse"), inline=[moved])])

    def place(self, cart: Mapping[str, int], *, customer: str = "Ada") -> Order:
        return self.place_many([cart], customer=customer)[0]

    def place_many(
        self, carts: Iterable[Mapping[str, int]], *, customer: str = "Ada", ids: Iterable[str] = ()
    ) -> Sequence[Order]:
        """The first ones under these ids, the others under any."""
        given = iter(ids)
        events = [self._placed(cart, customer, next(given, "") or str(uuid4())) for cart in carts]
        for start in range(0, len(events), AT_ONCE):
            self._append(
                [
                    Append(
                        [StreamWrite(f"order-{event.order_id}", NO_STREAM, [NewEvent(uuid4(), event)])],
                        Circumstances(uuid4(), "ada"),
                    )
                    for event in events[start : start + AT_ONCE]
                ]
            )
        return [Order(event.order_id, event.total) for event in events]

    def cancel(self, order: Order) -> bool:
        """False if it has ended before."""
        stream = f"order-{order.order_id}"
        while True:
            rows = self.query("SELECT version, type FROM events WHERE stream = %s ORDER BY version", stream)
            if any(kind in ENDS for _, kind in rows):
                return False
            event = NewEvent(uuid4(), OrderCancellationRequested(order_id=order.order_id, reason="changed my mind"))
            try:
                self._append([Append([StreamWrite(stream, rows[-1][0], [event])], Circumstances(uuid4(), "ada"))])
            except Conflict:
                continue
            return True

    def say(self, stream: str, event: object) -> None:
        """An event of somebody's, whatever the version of the stream is."""
        self._append(
            [Append([StreamWrite(stream, ANY_VERSION, [NewEvent(uuid4(), event)])], Circumstances(uuid4(), "ada"))]
        )

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        rows = self._connection.execute(statement, parameters).fetchall()
        self._connection.rollback()
        return rows

    def _placed(self, lines: Mapping[str, int], customer: str, order_id: str) -> OrderPlaced:
        priced = tuple(OrderLine(sku=sku, name=sku, quantity=n, unit_price=PRICE) for sku, n in lines.items())
        return OrderPlaced(
            order_id=order_id,
            customer_id="ada",
            customer_name=customer,
            customer_email="ada@example.org",
            currency="EUR",
            lines=priced,
            total=sum(line.quantity * line.unit_price for line in priced),
            delivery_address=replace(GHENT, recipient=customer),
            sales_channel="web",
        )

    def _append(self, appends: Sequence[Append]) -> None:
        self._connection.execute("SELECT 1")
        append_within_blocking(self._connection, self._prepare, appends)
