"""What a stream of one order tells: everything in its order, also of an order to which a lot has happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from event_schemas.order.confirmed import OrderConfirmed
from eventing.envelope import Recorded
from eventing.event_store import EventStore
from eventing.web.auth import Admitted, Caller, Role
from projections.query_api.answering.events import MOST, OrderEvents
from projections.query_api.live.feeds import CustomerFeed, OrderFeed
from projections.query_api.live.streams import Limits, Streams
from projections.query_api.live.subscription import QUEUE, Subject, Subscription
from tests.support.read_models.platform import codec

MANY = 3 * QUEUE
ALICE = Admitted(Caller("alice", frozenset({Role.CUSTOMER})), time.time() + 900)
STREAM = "order-1"


class Log:
    """One order, of which everything says the same."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.streams = Streams(
            OrderFeed(OrderEvents(cast(EventStore, self), codec())), cast(CustomerFeed, None), Limits(), lambda: False
        )

    def append(self, count: int) -> None:
        event = OrderConfirmed(order_id="1")
        kind, schema_version, body = codec().encode(event)
        for _ in range(count):
            at = len(self.events) + 1
            who = UUID(int=at)
            now = datetime.now(UTC)
            self.events.append(Recorded(at, STREAM, at, who, kind, schema_version, who, None, "alice", None, now, body))

    async def read_many(self, streams: Sequence[str], *, newest: int) -> Mapping[str, Sequence[Recorded]]:
        return {one: self.events[-newest:] if one == STREAM else [] for one in streams}

    def listen(self, since: int = 0) -> Subscription:
        return self.streams.open(Subject("order", "1"), ALICE, position=since)


async def take(listener: Subscription, count: int) -> list[int]:
    return [int((await asyncio.wait_for(listener.next(), 30)).id) for _ in range(count)]


async def test_an_order_to_which_more_has_happened_than_may_pile_up_is_told_from_its_beginning() -> None:
    log = Log()
    log.append(MANY)
    listener = log.listen()
    catching_up = asyncio.create_task(log.streams.catch_up(listener))
    heard = await take(listener, QUEUE)

    log.append(1)
    log.streams.look_at_all()
    await log.streams.tell()
    heard += await take(listener, MANY - QUEUE)
    await catching_up
    await log.streams.tell()

    assert listener.reason is None
    assert heard + await take(listener, 1) == list(range(1, MANY + 2)), "in their order, what came meanwhile last"


async def test_one_to_which_too_much_has_happened_to_be_told_at_once_lets_its_listener_go() -> None:
    log = Log()
    log.append(MOST + 1)
    listener = log.listen()

    async with asyncio.timeout(5):
        await log.streams.catch_up(listener)

    assert listener.reason == "slow"
    assert listener.queue.empty()


async def test_it_goes_on_behind_what_was_heard_before() -> None:
    log = Log()
    log.append(MANY)
    for since in (MANY - 1, MANY - 100):
        listener = log.listen(since)
        await log.streams.catch_up(listener)

        assert await take(listener, MANY - since) == list(range(since + 1, MANY + 1))
        assert listener.queue.empty()
