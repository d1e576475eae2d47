"""Where a stream's messages come from: the events of an order, and the summaries of a customer's orders.

An order's events are read from the store after the position that was told last: they are in one order, so the last
position is all that has to be known. A customer's orders are spread over partitions, and a later event of one may be
seen before an earlier one of another; so its messages are whole states, which may be told twice, and their id is the
view that was complete when they were told: what was visible when all of the orders were looked at last. A look at the
newest alone completes nothing, since an old order may have changed whose hint is still to come, or was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Final, NamedTuple

import orjson

from eventing.consistency import ConsistencyToken, encode_seen
from eventing.consuming import Partition
from eventing.errors import Refusal
from eventing.partitioning import partition_of
from projections.query_api.answering.events import OrderEvents
from projections.query_api.answering.history import told
from projections.query_api.answering.orders import TOPIC
from projections.query_api.answering.progress import Progress
from projections.query_api.live.subscription import Message, Subscription
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from projections.read_models.order_summary import ORDER_SUMMARY
from projections.reading import Kept, ReadStore

NEWEST: Final = 20
"""Events of a stream that one look brings; of one with more news all are read."""
AT_A_TIME: Final = 50
RECENT: Final = 100
ALL: Final = 5000
"""So many of a customer's orders are looked at now and then; of one that has more, the older ones are told by hints."""
PAGE: Final = 500


class OrderFeed:
    def __init__(self, events: OrderEvents) -> None:
        self._events = events

    async def tell(self, subscriptions: Mapping[str, Sequence[Subscription]]) -> None:
        """Order → who listens to it. One round trip for many of them."""
        ids = list(subscriptions)
        for at in range(0, len(ids), AT_A_TIME):
            some = ids[at : at + AT_A_TIME]
            known = min(one.position for order_id in some for one in subscriptions[order_id])
            later, full = await self._events.after(some, known, NEWEST)
            for recorded in later:
                if recorded.key not in full:
                    message = _message(orjson.dumps(told(self._events.decoded(recorded))), recorded)
                    await _give(message, recorded.position, subscriptions[recorded.key])
            for order_id in dict.fromkeys(full):
                await self._tell_all(order_id, subscriptions[order_id])

    async def catch_up(self, one: Subscription) -> None:
        """Tells of what there is as fast as the listener takes it."""
        later, full = await self._events.after([one.subject.id], one.position, NEWEST)
        try:
            events = await self._events.of(one.subject.id) if full else [self._events.decoded(each) for each in later]
        except Refusal:  # so much has happened that it can't be told at once
            one.end("slow")
            return
        for envelope in events:
            if one.position < envelope.recorded.position:
                message = _message(orjson.dumps(told(envelope)), envelope.recorded)
                one.position = envelope.recorded.position
                await one.hand(message)

    async def _tell_all(self, order_id: str, subscriptions: Sequence[Subscription]) -> None:
        try:
            events = await self._events.of(order_id)
        except Refusal:
            for one in subscriptions:
                one.end("slow")
            return
        for envelope in events:
            message = _message(orjson.dumps(told(envelope)), envelope.recorded)
            await _give(message, envelope.recorded.position, subscriptions)


def _message(data: bytes, recorded: object) -> Message:
    return Message(str(recorded.position), recorded.type, data)  # type: ignore[attr-defined]


async def _give(message: Message, position: int, subscriptions: Sequence[Subscription]) -> None:
    for one in subscriptions:
        if one.position < position:
            one.position = position
            one.tell(message)
    await _let_them_send()


async def _let_them_send() -> None:
    """Between two messages: whoever takes them at once is not too slow, however many come together."""
    await asyncio.sleep(0)


class Look(NamedTuple):
    """What is looked at of a customer's orders, and what is visible before it begins."""

    tag: str
    ids: Sequence[str]
    view: Mapping[Partition, int]
    is_whole: bool


class CustomerFeed:
    def __init__(self, reads: ReadStore, progress: Progress, partitions: int) -> None:
        self._reads = reads
        self._progress = progress
        self._partitions = partitions

    async def tell(
        self, customer: str, subscriptions: Sequence[Subscription], hinted: Collection[str], depth: int
    ) -> None:
        """`hinted` orders, and as many of the newest as `depth` says; 0 for the hinted ones alone."""
        look = await self._look(customer, hinted, depth)
        async for order_id, kept in self._orders(customer, look):
            for one in subscriptions:
                if message := self._news(one, order_id, kept, order_id in hinted):
                    one.tell(message)
            await _let_them_send()
        if look.is_whole:
            for one in subscriptions:
                one.view = _later(one.view, look.view)

    async def catch_up(self, one: Subscription) -> None:
        """Tells of what there is as fast as the listener takes it."""
        look = await self._look(one.subject.id, (), ALL)
        async for order_id, kept in self._orders(one.subject.id, look):
            if message := self._news(one, order_id, kept):
                await one.hand(message)
        one.view = _later(one.view, look.view)

    async def _look(self, customer: str, hinted: Collection[str], depth: int) -> Look:
        listed = self._progress.standing(CUSTOMER_ORDERS.name)
        shown = self._progress.standing(ORDER_SUMMARY.name)
        view = {
            partition: min(position, listed.visible.get(partition, 0))
            for partition, position in shown.visible.items()
            if partition.topic == TOPIC
        }
        newest = await self._newest(customer, listed.tag, depth)
        return Look(shown.tag, list(dict.fromkeys([*hinted, *newest])), view, depth >= ALL or len(newest) < depth)

    async def _orders(self, customer: str, look: Look) -> AsyncIterator[tuple[str, Kept]]:
        for at in range(0, len(look.ids), PAGE):
            some = look.ids[at : at + PAGE]
            found = await self._reads.documents(ORDER_SUMMARY.name, look.tag, some)
            for order_id, kept in zip(some, found, strict=True):
                if kept is not None and kept.label.rpartition(" ")[2] == customer:
                    yield order_id, kept

    async def _newest(self, customer: str, tag: str, depth: int) -> Sequence[str]:
        found: list[str] = []
        below = None
        while len(found) < depth:
            page = await self._reads.listed(
                CUSTOMER_ORDERS.name, tag, f"customer:{customer}", below=below, limit=min(PAGE, depth - len(found))
            )
            if not page:
                break
            found += [entry.document_id for entry in page]
            below = page[-1].place
        return found

    def _news(self, one: Subscription, order_id: str, kept: Kept, is_hinted: bool = False) -> Message | None:
        """A hint of an order that was not among those looked at may come after its position has come into view."""
        place = Partition(TOPIC, partition_of(order_id, self._partitions))
        if kept.position <= one.told.get(order_id, 0 if is_hinted else one.view.get(place, 0)):
            return None
        one.told[order_id] = kept.position
        return Message(encode_view(one.view), "order", kept.body)


def _later(before: Mapping[Partition, int], after: Mapping[Partition, int]) -> Mapping[Partition, int]:
    return {place: max(before.get(place, 0), after.get(place, 0)) for place in {*before, *after}}


def encode_view(view: Mapping[Partition, int]) -> str:
    return encode_seen(ConsistencyToken(*place, position) for place, position in view.items() if position)
