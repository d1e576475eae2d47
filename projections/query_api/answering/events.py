"""An order's events, read from the store: the truth that every read model is folded from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from event_schemas.order.placed import OrderPlaced
from eventing.codec import Codec
from eventing.envelope import Envelope, Recorded
from eventing.errors import Refusal
from eventing.event_store import EventStore
from eventing.streams import stream_name

CATEGORIES: Final = ("order", "reservation", "payment", "shipment")
"""The streams of one order; they share its key, its partition and an order among their events."""


MOST: Final = 2000
"""Events of a stream that are folded for a question. An order has a dozen; thousands are there by intention."""


class Cut(NamedTuple):
    """Up to where events count: all bounds together."""

    position: int | None = None
    version: int | None = None
    """Of the order's own stream; what the other streams held at that moment counts too."""
    time: datetime | None = None


EVERYTHING: Final = Cut()


class OrderEvents:
    def __init__(self, store: EventStore, codec: Codec) -> None:
        self._store = store
        self._codec = codec

    async def of(self, order_id: str, cut: Cut = EVERYTHING) -> Sequence[Envelope[Any]]:
        """In the log's order; none if there is no such order, or was not yet."""
        streams = [stream_name(category, order_id) for category in CATEGORIES]
        found = await self._store.read_many(streams, newest=MOST)
        if any(events and events[0].version > 1 for events in found.values()):
            raise Refusal("So much has happened to this order that it can't be told at once.", code="order_too_long")
        recorded = sorted((event for events in found.values() for event in events), key=lambda one: one.position)
        return [self.decoded(one) for one in _until(recorded, cut)]

    async def after(
        self, order_ids: Sequence[str], position: int, newest: int
    ) -> tuple[Sequence[Recorded], Sequence[str]]:
        """What was recorded of these orders later; and the orders of which more than the newest few were."""
        streams = [stream_name(category, order_id) for order_id in order_ids for category in CATEGORIES]
        found = await self._store.read_many(streams, newest=newest)
        later = [event for events in found.values() for event in events if event.position > position]
        full = [events[0].key for events in found.values() if len(events) >= newest and events[0].position > position]
        return sorted(later, key=lambda one: one.position), full

    async def owner(self, order_id: str) -> str | None:
        first = await self._store.read(stream_name("order", order_id), limit=1)
        return owner_of([self.decoded(one) for one in first])

    def decoded(self, recorded: Recorded) -> Envelope[Any]:
        return Envelope(self._codec.decode(recorded.type, recorded.schema_version, recorded.body), recorded)


def owner_of(events: Sequence[Envelope[Any]]) -> str | None:
    return next((one.event.customer_id for one in events if isinstance(one.event, OrderPlaced)), None)


def _until(recorded: Sequence[Recorded], cut: Cut) -> Sequence[Recorded]:
    last = cut.position
    if cut.version is not None:
        reached = [one.position for one in recorded if one.stream.startswith("order-") and one.version == cut.version]
        if not reached:
            return []
        last = reached[0] if last is None else min(last, reached[0])
    return [
        one
        for one in recorded
        if (last is None or one.position <= last) and (cut.time is None or one.recorded_at <= cut.time)
    ]
