"""What a customer's stream tells, when hints are lost or come late: nothing is missed, and little is told twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from eventing.consistency import decode_all
from eventing.consuming import Mark, Partition
from eventing.partitioning import partition_of
from eventing.web.auth import Admitted, Caller, Role
from projections.query_api.answering.progress import Progress
from projections.query_api.live.feeds import ALL, RECENT, CustomerFeed, OrderFeed
from projections.query_api.live.streams import Limits, Streams
from projections.query_api.live.subscription import FOR_NEWS, QUEUE, Subject, Subscription
from projections.reading import Changed, Kept, ListEntry, ReadStore, Standing

TOPIC, PARTITIONS = "order.events.v1", 3
MODELS = ("order_summary", "customer_orders")
ALICE = Admitted(Caller("alice", frozenset({Role.CUSTOMER})), time.time() + 900)


class Shop:
    """Alice's orders as the read models have them, and the streams that she listens to."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.positions: dict[str, int] = {}
        self.visible: dict[Partition, int] = {}
        self.progress = Progress(self.standings)
        customers = CustomerFeed(cast(ReadStore, self), self.progress, PARTITIONS)
        self.streams = Streams(cast(OrderFeed, Silence()), customers, Limits(), lambda: False)

    async def standings(self) -> Mapping[str, Standing]:
        marks = {place: Mark(position, position) for place, position in self.visible.items()}
        return {model: Standing("g1-1", marks, dict(self.visible)) for model in MODELS}

    async def documents(self, model: str, tag: str, ids: Sequence[str]) -> Sequence[Kept | None]:
        return [Kept(self.positions[one], "1 alice", one.encode()) for one in ids]

    async def listed(self, *_: str, below: int | None, limit: int) -> Sequence[ListEntry]:
        places = range(len(self.orders) if below is None else below)
        return [ListEntry(place, self.orders[place]) for place in reversed(places)][:limit]

    def place(self, count: int) -> None:
        for _ in range(count):
            self.orders.append(f"order-{len(self.orders)}")
            self.change(self.orders[-1])

    def change(self, order_id: str) -> Changed:
        """The hint of it, which may be lost."""
        position = self.positions[order_id] = 1 + max(self.visible.values(), default=0)
        self.visible[Partition(TOPIC, partition_of(order_id, PARTITIONS))] = position
        return Changed("order_summary", order_id, position, "1 alice")

    def begin(self, since: str = "") -> Subscription:
        known = {Partition(one.topic, one.partition): one.position for one in (decode_all(since) if since else ())}
        return self.streams.open(Subject("customer", "alice"), ALICE, view=known)

    async def listen(self, since: str = "") -> Subscription:
        """It has been told already what there is."""
        await self.progress.look()
        begun = self.begin(since)
        await self.streams.catch_up(begun)
        await self.tell()
        return begun

    async def look(self, depth: int) -> None:
        self.streams.look_at_all(depth)
        await self.tell()

    async def tell(self) -> None:
        await self.progress.look()
        await self.streams.tell()


class Silence:
    async def tell(self, _: object) -> None:
        """No order is listened to by itself."""


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    made.place(RECENT + 50)
    return made


def told(listener: Subscription) -> list[str]:
    return [listener.queue.get_nowait().data.decode() for _ in range(listener.queue.qsize())]


async def up_to_now(shop: Shop) -> str:
    """The id of a message with which one can go on from here."""
    first = await shop.listen()
    shop.place(1)
    await shop.look(ALL)
    shop.place(1)
    await shop.look(RECENT)
    last = [first.queue.get_nowait() for _ in range(first.queue.qsize())][-1]
    shop.streams.close(first)
    return last.id


async def test_what_an_old_order_became_is_told_though_its_hint_was_lost(shop: Shop) -> None:
    listener = await shop.listen(await up_to_now(shop))
    told(listener)

    shop.change("order-0")
    await shop.look(RECENT)
    assert told(listener) == [], "it is not among the newest"
    await shop.look(ALL)

    assert told(listener) == ["order-0"]


async def test_a_look_between_a_change_and_its_hint_takes_nothing_away(shop: Shop) -> None:
    listener = await shop.listen(await up_to_now(shop))
    told(listener)

    hint = shop.change("order-0")
    await shop.look(RECENT)
    shop.streams.changed(hint)
    await shop.tell()

    assert told(listener) == ["order-0"]


async def test_going_on_tells_what_came_since_and_nothing_twice(shop: Shop) -> None:
    since = await up_to_now(shop)
    shop.change("order-0")
    shop.change("order-100")

    listener = await shop.listen(since)
    await shop.look(RECENT)
    await shop.look(ALL)

    assert sorted(told(listener)) == sorted(["order-0", "order-100", shop.orders[-1]])


@pytest.mark.parametrize(("orders", "depth"), [(RECENT - 10, RECENT), (RECENT + 50, ALL)])
async def test_after_a_whole_look_an_id_tells_of_it(orders: int, depth: int) -> None:
    """Of a customer whose orders are all among the newest each look is a whole one."""
    shop = Shop()
    shop.place(orders)
    listener = await shop.listen()
    shop.change("order-0")
    await shop.look(ALL)
    shop.change("order-1")
    await shop.look(depth)
    shop.place(1)
    await shop.look(depth)
    last = [listener.queue.get_nowait() for _ in range(listener.queue.qsize())][-1]

    resumed = await shop.listen(last.id)

    assert told(resumed) == [shop.orders[-1]]


async def test_a_customer_of_many_orders_is_told_of_all_when_it_connects(shop: Shop) -> None:
    """More than may pile up: they are told as fast as they are taken, and what changes meanwhile comes after them."""
    shop.place(1000)
    await shop.progress.look()
    listener = shop.begin()
    catching_up = asyncio.create_task(shop.streams.catch_up(listener))
    heard = [await take(listener) for _ in range(QUEUE + 1)]

    shop.change("order-1100")
    hint = shop.change("order-5")
    shop.streams.changed(hint)
    await shop.look(ALL)
    heard += [await take(listener) for _ in range(len(shop.orders) - len(heard))]
    await catching_up
    await shop.tell()

    assert listener.reason is None
    assert sorted(set(heard)) == sorted(shop.orders)
    assert sorted(told(listener)) == ["order-1100"], "it was told before it changed"


async def test_one_who_takes_nothing_while_it_catches_up_is_let_go(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.place(1000)
    await shop.progress.look()
    monkeypatch.setattr("projections.query_api.live.subscription.PATIENCE", 0.01)
    listener = shop.begin()

    await shop.streams.catch_up(listener)

    assert listener.reason == "slow"


async def test_what_one_hears_of_while_it_catches_up_is_told_though_it_is_an_old_order() -> None:
    """Of more orders than a whole look looks at nothing but its hint tells of an old one."""
    shop = Shop()
    shop.place(ALL + 10)
    await shop.progress.look()
    listener = shop.begin()
    catching_up = asyncio.create_task(shop.streams.catch_up(listener))
    await take(listener)

    shop.streams.changed(shop.change("order-3"))
    await shop.tell()
    await shop.tell()
    heard = [await take(listener) for _ in range(ALL - 1)]
    await catching_up
    await shop.tell()

    assert "order-3" not in heard
    assert told(listener) == ["order-3"]


async def test_one_who_has_just_caught_up_slowly_is_not_too_slow_for_what_is_new(shop: Shop) -> None:
    shop.place(1000)
    await shop.progress.look()
    listener = shop.begin()
    catching_up = asyncio.create_task(shop.streams.catch_up(listener))
    while not catching_up.done():
        await take(listener)
        await asyncio.sleep(0)
    unread = listener.queue.qsize()
    assert unread > QUEUE / 2, "it has taken no more than it had to"

    new = int(QUEUE * FOR_NEWS)
    shop.place(new)
    await shop.look(ALL)

    assert listener.reason is None
    assert told(listener)[unread:] == shop.orders[: -new - 1 : -1]


async def test_one_who_takes_what_it_is_told_is_not_too_slow_however_much_comes_at_once(shop: Shop) -> None:
    listener = await shop.listen()
    told(listener)
    heard: list[str] = []

    async def hear() -> None:
        while True:
            heard.append((await listener.next()).data.decode())

    hearing = asyncio.create_task(hear())
    shop.place(4 * QUEUE)
    await shop.look(ALL)
    await asyncio.sleep(0)
    hearing.cancel()

    assert listener.reason is None
    assert len(heard) == 4 * QUEUE


async def take(listener: Subscription) -> str:
    message = await asyncio.wait_for(listener.next(), 30)
    return message.data.decode()
