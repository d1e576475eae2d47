from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from projections.query_api.answering.cache import Cache
from projections.query_api.answering.cache_metrics import AllCacheMetrics


class Shelf:
    """What is cached: a number that grows, and how often it was fetched."""

    def __init__(self) -> None:
        self.value = 1
        self.fetched = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.fails = False

    async def load(self, key: str) -> int:
        self.fetched += 1
        self.begun.set()
        value = self.value
        await self.gate.wait()
        if self.fails:
            raise ConnectionError(key)
        return value


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def cache(shelf: Shelf, clock: Clock, registry: CollectorRegistry) -> Cache[int]:
    return cache_of("order_summary", shelf, AllCacheMetrics(registry), clock, entries=2)


def cache_of(model: str, shelf: Shelf, metrics: AllCacheMetrics, clock: Clock, *, entries: int) -> Cache[int]:
    made: Cache[int] = Cache(shelf.load, metrics.of(model), entries=entries, seconds=1.0, now=clock)
    made.listening = True
    return made


def asked(registry: CollectorRegistry, model: str, outcome: str) -> float | None:
    return registry.get_sample_value("orderloom_cache_requests_total", {"model": model, "outcome": outcome})


def whatever(value: int) -> bool:
    return True


async def test_what_is_kept_is_not_fetched_again(cache: Cache[int], shelf: Shelf, registry: CollectorRegistry) -> None:
    assert [await cache.get("a", whatever) for _ in range(3)] == [1, 1, 1]
    assert shelf.fetched == 1
    assert asked(registry, "order_summary", "hit") == 2


async def test_one_that_keeps_nothing_does_not_lower_the_hit_rate_of_another(
    shelf: Shelf, clock: Clock, registry: CollectorRegistry
) -> None:
    metrics = AllCacheMetrics(registry)
    summaries = cache_of("order_summary", shelf, metrics, clock, entries=2)
    sagas = cache_of("saga_progress", shelf, metrics, clock, entries=0)

    for _ in range(3):
        await summaries.get("a", whatever)
        await sagas.get("a", whatever)

    assert [asked(registry, "order_summary", outcome) for outcome in ("hit", "miss")] == [2, 1]
    assert [asked(registry, "saga_progress", outcome) for outcome in ("hit", "miss")] == [0, 3]


async def test_an_entry_goes_when_it_changes(cache: Cache[int], shelf: Shelf) -> None:
    await cache.get("a", whatever)
    shelf.value = 2
    cache.forget("a")

    assert await cache.get("a", whatever) == 2


async def test_an_entry_goes_when_its_time_is_over(cache: Cache[int], shelf: Shelf, clock: Clock) -> None:
    await cache.get("a", whatever)
    shelf.value, clock.now = 2, 1.0

    assert await cache.get("a", whatever) == 2


async def test_an_entry_that_is_older_than_a_token_is_not_given(cache: Cache[int], shelf: Shelf) -> None:
    await cache.get("a", whatever)
    shelf.value = 5

    assert await cache.get("a", lambda value: value >= 5) == 5


async def test_all_who_come_at_once_share_one_flight(cache: Cache[int], shelf: Shelf) -> None:
    shelf.gate.clear()
    asking = [asyncio.create_task(cache.get("a", whatever)) for _ in range(50)]
    await asyncio.sleep(0)
    shelf.gate.set()

    assert await asyncio.gather(*asking) == [1] * 50
    assert shelf.fetched == 1


async def test_a_change_during_a_flight_sends_later_ones_on_their_own(cache: Cache[int], shelf: Shelf) -> None:
    """What the flight brings may be from before the change, so it is neither kept nor given to those who came after."""
    shelf.gate.clear()
    early = asyncio.create_task(cache.get("a", whatever))
    await shelf.begun.wait()
    shelf.value = 2
    cache.forget("a")
    late = asyncio.create_task(cache.get("a", whatever))
    await asyncio.sleep(0)
    shelf.gate.set()

    assert (await early, await late) == (1, 2)
    assert await cache.get("a", whatever) == 2
    assert shelf.fetched == 2


async def test_while_nothing_is_heard_nothing_is_kept(cache: Cache[int], shelf: Shelf) -> None:
    cache.listening = False
    await cache.get("a", whatever)
    await cache.get("a", whatever)

    assert shelf.fetched == 2
    assert len(cache) == 0


async def test_it_keeps_no_more_than_it_may(cache: Cache[int]) -> None:
    for key in "abcd":
        await cache.get(key, whatever)

    assert len(cache) == 2


async def test_a_flight_that_fails_fails_for_all_and_is_forgotten(cache: Cache[int], shelf: Shelf) -> None:
    shelf.fails = True
    found = await asyncio.gather(*(cache.get("a", whatever) for _ in range(3)), return_exceptions=True)
    shelf.fails = False

    assert all(isinstance(one, ConnectionError) for one in found)
    assert await cache.get("a", whatever) == 1


async def test_who_goes_away_takes_nothing_along(cache: Cache[int], shelf: Shelf) -> None:
    shelf.gate.clear()
    first = asyncio.create_task(cache.get("a", whatever))
    second = asyncio.create_task(cache.get("a", whatever))
    await asyncio.sleep(0)
    first.cancel()
    shelf.gate.set()

    assert await second == 1
