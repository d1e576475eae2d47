"""What a list says of the keys that its model can't follow: of that very moment to who asks for freshness."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from eventing.consistency import ConsistencyToken
from eventing.consuming import Mark, Partition
from eventing.errors import Unavailable
from projections.query_api.answering.lists import Freshness
from projections.query_api.answering.parked import ParkedKeys
from projections.query_api.answering.progress import Progress
from projections.query_api.answering.staleness import Ends, Staleness
from projections.query_api.asking.freshness import ANYTHING, Wish
from projections.reading import Standing

MODEL, TOPIC = "customer_orders", "order.events.v1"
PLACE = Partition(TOPIC, 0)
WITH_TOKEN = Wish((ConsistencyToken(TOPIC, 0, 7),))


class World:
    """A model that is at position 7, and a database that may be away or never answer."""

    def __init__(self) -> None:
        self.parked: set[tuple[str, str]] = set()
        self.looks = 0
        self.away = self.mute = False

    async def read(self) -> frozenset[tuple[str, str]]:
        self.looks += 1
        if self.mute:
            await asyncio.Event().wait()
        if self.away:
            raise Unavailable("The database does not answer.")
        return frozenset(self.parked)

    async def standings(self) -> Mapping[str, Standing]:
        return {MODEL: Standing("g1-1", {PLACE: Mark(8, 7)}, {PLACE: 7})}

    async def ends(self) -> Ends:
        return Ends(0.0, {})

    async def freshness(self) -> Freshness:
        progress = Progress(self.standings)
        await progress.look()
        self.keys = ParkedKeys(self.read)
        return Freshness(progress, Staleness(self.ends), self.keys, 1)


async def said(freshness: Freshness, wish: Wish = WITH_TOKEN) -> str | None:
    ready = await freshness.wait_for(MODEL, [TOPIC], wish)
    return freshness.seen(ready, [TOPIC]).headers().get("read-parked")


async def test_where_nothing_is_parked_nothing_is_said() -> None:
    world = World()
    freshness = await world.freshness()

    world.parked = {("projection-customer_orders-g1-2", "a"), ("projection-order_search-g1-1", "a"), ("saga", "a")}

    assert await said(freshness) is None


async def test_what_was_parked_a_moment_ago_is_known_to_who_sends_a_token() -> None:
    world = World()
    freshness = await world.freshness()
    assert await said(freshness) is None

    world.parked = {("projection-customer_orders-g1-1", key) for key in "ab"}

    assert await said(freshness, ANYTHING) is None, "who asks for nothing is told of the last look"
    assert await said(freshness) == "2"
    assert await said(freshness, ANYTHING) == "2"


@pytest.mark.parametrize("trouble", ["away", "mute"])
async def test_without_the_database_nobody_can_say(trouble: str) -> None:
    """The list is shown all the same, and soon."""
    world = World()
    freshness = await world.freshness()
    setattr(world, trouble, True)

    async with asyncio.timeout(5):
        assert await said(freshness) == "unknown"
        assert await said(freshness, ANYTHING) == "unknown", "nobody has ever looked"


async def test_without_the_database_the_last_look_counts_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    freshness = await world.freshness()
    world.parked = {("projection-customer_orders-g1-1", "a")}
    assert await said(freshness) == "1"
    world.away = True

    assert await said(freshness, ANYTHING) == "1"
    monkeypatch.setattr("projections.query_api.answering.lists.KNOWN_SECONDS", 0.0)
    assert await said(freshness, ANYTHING) == "unknown"
