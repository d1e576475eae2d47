"""Documents kept in the process for a moment: hot ones cost no round trip, and never show less than was asked for.

An entry goes when a hint says that it changed, when its time is over (hints may be lost), when it is older than a
caller's token, or when room is needed. While hints can't be heard nothing is kept at all. Those who ask for the same
key at the same time share one flight; a hint that comes while it is under way sends those who come later on their own,
because what it brings may be from before the change.

Entries are kept by the thing's id and hold its owner: whether a caller may see one is checked after this, each time.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, NamedTuple, TypeVar

from projections.query_api.answering.cache_metrics import CacheMetrics

V = TypeVar("V")

ENTRIES: Final = 10_000
SECONDS: Final = 1.0


class Entry(NamedTuple, Generic[V]):
    value: V
    since: float


class Cache(Generic[V]):
    def __init__(
        self,
        load: Callable[[str], Awaitable[V]],
        metrics: CacheMetrics,
        *,
        entries: int = ENTRIES,
        seconds: float = SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._metrics = metrics
        self._limit = entries
        self._seconds = seconds
        self._now = now
        self._kept: OrderedDict[str, Entry[V]] = OrderedDict()
        self._flights: dict[str, asyncio.Task[V]] = {}
        self.listening = False
        """Whether hints are heard. Set by whoever hears them."""

    async def get(self, key: str, fresh_enough: Callable[[V], bool]) -> V:
        entry = self._kept.get(key)
        if entry is not None:
            if self._now() - entry.since < self._seconds and fresh_enough(entry.value):
                self._metrics.hits.inc()
                self._kept.move_to_end(key)
                return entry.value
            self.forget(key)
        flight = self._flights.get(key)
        if flight is None:
            self._metrics.misses.inc()
            return await self._fly(key)
        self._metrics.shared.inc()
        value = await asyncio.shield(flight)
        return value if fresh_enough(value) else await self._fly(key)

    def forget(self, key: str) -> None:
        """It has changed."""
        if self._kept.pop(key, None) is not None:
            self._metrics.invalidated.inc()
        self._flights.pop(key, None)

    def forget_all(self) -> None:
        self._kept.clear()
        self._flights.clear()

    def __len__(self) -> int:
        return len(self._kept)

    async def _fly(self, key: str) -> V:
        """In a task of its own, so that the first one who asked may go away without taking the answer along."""
        flight = asyncio.ensure_future(self._load(key))
        self._flights[key] = flight
        flight.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(flight)

    def _landed(self, key: str, flight: asyncio.Task[V]) -> None:
        failed = flight.cancelled() or flight.exception() is not None
        if self._flights.get(key) is not flight:
            return
        del self._flights[key]
        if failed or not self.listening or self._limit == 0:
            return
        self._kept[key] = Entry(flight.result(), self._now())
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
