"""How old an answer can be at most, in seconds, without a word from any projector.

Now and then the ends of the topics are noted, with the moment up to which everything was published by then. A mark
beyond such an end tells the position that covers that moment: whoever shows a partition up to that position shows
everything of it that was recorded before. So the bound holds for every model, and it grows when the relay, Kafka or a
projector stands still, or when nobody can say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from eventing.consuming import Partition
from eventing.errors import OrderloomError
from projections.query_api.answering.moments import remember
from projections.reading import Standing

PAUSE: Final = 0.5
SHORTEST_PAUSE: Final = 0.05


class Ends(NamedTuple):
    """Everything that was recorded before `at` is in the topics before these ends."""

    at: float
    offsets: Mapping[Partition, int]


class End(NamedTuple):
    """Everything of this partition that was recorded before `at` is before this offset."""

    at: float
    offset: int


class Cover(NamedTuple):
    """Whoever shows this partition up to `position` shows everything of it that was recorded before `at`."""

    at: float
    position: int


class Staleness:
    def __init__(self, read_ends: Callable[[], Awaitable[Ends]], now: Callable[[], float] = time.time) -> None:
        self._read_ends = read_ends
        self._now = now
        self._ends: dict[Partition, list[End]] = {}
        """Those that no model has come past yet."""
        self._covers: dict[Partition, list[Cover]] = {}
        self._wanted = asyncio.Event()
        self.on_look: Callable[[], None] = lambda: None

    def seconds(self, standing: Standing, partitions: Iterable[Partition]) -> float | None:
        """At most so old is what is shown of these partitions; None if nothing can be said."""
        covered = [self._covered(partition, standing.visible.get(partition, 0)) for partition in partitions]
        if not covered or None in covered:
            return None
        return max(0.0, self._now() - min(at for at in covered if at is not None))

    def note_marks(self, standing: Standing) -> None:
        for partition, mark in standing.applied.items():
            ends = self._ends.get(partition, [])
            passed = None
            while ends and ends[0].offset <= mark.offset:
                passed = ends.pop(0)
            if passed is not None:
                cover = Cover(passed.at, mark.position)
                remember(self._covers.setdefault(partition, []), cover, self._now())

    def hurry(self) -> None:
        """Somebody waits for an answer that is fresher than the last look can tell."""
        self._wanted.set()

    async def look(self) -> None:
        ends = await self._read_ends()
        for partition, offset in ends.offsets.items():
            remember(self._ends.setdefault(partition, []), End(ends.at, offset), self._now())
        self.on_look()

    async def watch(self) -> None:
        """For ever. While the ends can't be read nothing is noted, and every answer gets older."""
        while True:
            with suppress(OrderloomError):
                await self.look()
            await asyncio.sleep(SHORTEST_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE - SHORTEST_PAUSE):
                    await self._wanted.wait()
            self._wanted.clear()

    def _covered(self, partition: Partition, position: int) -> float | None:
        for cover in reversed(self._covers.get(partition, ())):
            if cover.position <= position:
                return cover.at
        if (ends := self._ends.get(partition)) and ends[-1].offset == 0:
            return ends[-1].at  # nothing was ever published there: there is nothing to be behind of
        return None
