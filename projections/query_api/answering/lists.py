"""Waiting until a model is as fresh as a request wants it, for all that can't be folded from a few events."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eventing.consistency import ConsistencyToken
from eventing.consuming import Partition
from projections.query_api.answering.progress import Progress
from projections.query_api.answering.seen import Seen, shown
from projections.query_api.answering.staleness import Staleness
from projections.query_api.asking.freshness import Wish
from projections.reading import NotServed, Standing


class Freshness:
    def __init__(self, progress: Progress, staleness: Staleness, partitions: int) -> None:
        self.progress = progress
        self.staleness = staleness
        self._partitions = partitions

    async def wait_for(self, model: str, topics: Collection[str], wish: Wish) -> Standing:
        """The standing of the build to read from. Raises `Unavailable` if it is not fresh enough in time."""
        standing = self.progress.standing(model)
        if wish.is_none:
            return standing
        tokens = [token for token in wish.tokens if token.topic in topics]
        if not await self.until(model, tokens, self.places(topics), wish):
            raise not_fresh(model)
        return self.progress.standing(model)

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

    def seen(self, standing: Standing, topics: Collection[str]) -> Seen:
        """Of a standing that was looked at before anything was read: what is read shows at least that."""
        return Seen(shown(standing, topics), self.staleness.seconds(standing, self.places(topics)))

    def places(self, topics: Collection[str]) -> list[Partition]:
        return [Partition(topic, number) for topic in topics for number in range(self._partitions)]


def not_fresh(model: str) -> NotServed:
    return NotServed(
        f"{model} is not as fresh as this request wants it, and did not get there in time: ask again, wait longer, or "
        "leave the token out and be told how old the answer is.",
        code="not_fresh_enough",
    )
