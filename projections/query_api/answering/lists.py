"""Waiting until a model is as fresh as a request wants it, for all that can't be folded from a few events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from eventing.consistency import ConsistencyToken
from eventing.consuming import Partition
from eventing.errors import OrderloomError
from projections.query_api.answering.parked import KNOWN_SECONDS, ParkedKeys
from projections.query_api.answering.progress import Progress
from projections.query_api.answering.seen import Seen, shown
from projections.query_api.answering.staleness import Staleness
from projections.query_api.asking.freshness import Wish
from projections.reading import NotServed, Standing

LONGEST_LOOK: Final = 1.0
"""Seconds that a list waits to be told what is parked. While PostgreSQL is away it is shown without."""


class Ready(NamedTuple):
    """A build to read from, as it was before anything was read."""

    standing: Standing
    parked: int | None
    """Keys that it can't follow, although its positions say otherwise. None if nobody can say."""


class Freshness:
    def __init__(self, progress: Progress, staleness: Staleness, parked: ParkedKeys, partitions: int) -> None:
        self.progress = progress
        self.staleness = staleness
        self._parked = parked
        self._partitions = partitions

    async def wait_for(self, model: str, topics: Collection[str], wish: Wish) -> Ready:
        """The build to read from. Raises `Unavailable` if it is not fresh enough in time."""
        standing = self.progress.standing(model)
        if wish.is_none:
            return self._ready(model, standing, time.monotonic() - KNOWN_SECONDS)
        tokens = [token for token in wish.tokens if token.topic in topics]
        if not await self.until(model, tokens, self.places(topics), wish):
            raise not_fresh(model)
        # What it was waited for may have been parked just now: only a look that begins after the waiting can tell.
        waited = time.monotonic()
        with suppress(OrderloomError, TimeoutError):
            async with asyncio.timeout(LONGEST_LOOK):
                await self._parked.look_after(waited)
        return self._ready(model, self.progress.standing(model), waited)

    def _ready(self, model: str, standing: Standing, since: float) -> Ready:
        return Ready(standing, self._parked.count(model, standing.tag, since))

    async def until(
        self, model: str, tokens: Sequence[ConsistencyToken], places: Sequence[Partition], wish: Wish
    ) -> bool:
        if wish.max_staleness is not None:
            self.staleness.hurry()

        def fresh() -> bool:
            return self.progress.shows(model, tokens) and self.young_enough(model, places, wish)

        return await self.progress.until(fresh, wish.wait)

    def young_enough(self, model: str, places: Sequence[Partition], wish: Wish) -> bool:
        if wish.max_staleness is None:
            return True
        seconds = self.staleness.seconds(self.progress.standing(model), places)
        return seconds is not None and seconds <= wish.max_staleness

    def seen(self, ready: Ready, topics: Collection[str]) -> Seen:
        """Its standing was looked at before anything was read: what is read shows at least that."""
        seconds = self.staleness.seconds(ready.standing, self.places(topics))
        return Seen(shown(ready.standing, topics), seconds, parked=ready.parked)

    def places(self, topics: Collection[str]) -> list[Partition]:
        return [Partition(topic, number) for topic in topics for number in range(self._partitions)]


def not_fresh(model: str) -> NotServed:
    return NotServed(
        f"{model} is not as fresh as this request wants it, and did not get there in time: ask again, wait longer, or "
        "leave the token out and be told how old the answer is.",
        code="not_fresh_enough",
    )
