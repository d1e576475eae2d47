"""One order: from the process, from Redis, or from its events; always as fresh as was asked for, and labelled.

The way: what is kept in the process if it is new enough; else what Redis has; else a bounded wait until the model has
got there; else the events are folded just now, by the very function that made the document. So an order is answered
while Redis is away or a projector sleeps. The owner is compared last, whatever way the bytes came.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from eventing.consistency import ConsistencyToken
from eventing.consuming import Partition
from eventing.errors import Refusal, Unavailable
from eventing.partitioning import partition_of
from eventing.web.auth import Caller, Role
from projections.query_api.answering.cache import Cache
from projections.query_api.answering.events import EVERYTHING, Cut, OrderEvents, owner_of
from projections.query_api.answering.lists import Freshness
from projections.query_api.answering.parked import ParkedKeys
from projections.query_api.answering.seen import Seen
from projections.query_api.asking.freshness import Wish
from projections.read_model import ReadModel, fold_all, heard
from projections.reading import Kept, ReadStore, Standing

TOPIC: Final = "order.events.v1"


class Loaded(NamedTuple):
    """What Redis answered, and up to where it shows everything of the order's partition."""

    kept: Kept | None
    shows: int
    standing: Standing


class Found(NamedTuple):
    body: bytes
    version: str
    """Of the order's own stream, where the model tells it: what a change has to name."""
    seen: Seen


class Orders:
    """What one model shows of one order. The label of its documents ends with the order's owner."""

    def __init__(
        self,
        model: ReadModel,
        reads: ReadStore,
        events: OrderEvents,
        freshness: Freshness,
        partitions: int,
        parked: ParkedKeys,
        make_cache: Callable[[Callable[[str], Awaitable[Loaded]]], Cache[Loaded]],
    ) -> None:
        self._model = model
        self._events = events
        self._freshness = freshness
        self._partitions = partitions
        self._reads = reads
        self._parked = parked
        self.cache = make_cache(self._load)

    async def _load(self, order_id: str) -> Loaded:
        """The standing is taken first: what is read after it shows at least that."""
        standing = self._freshness.progress.standing(self._model.name)
        (kept,) = await self._reads.documents(self._model.name, standing.tag, [order_id])
        shows = standing.visible.get(self._place(order_id), 0)
        return Loaded(kept, max(shows, kept.position) if kept else shows, standing)

    async def one(self, caller: Caller, order_id: str, wish: Wish) -> Found:
        order_id = checked_id(order_id)
        try:
            loaded = await self._fresh(order_id, wish)
        except Unavailable:
            loaded = None
        if loaded is None or loaded.kept is None or await self._can_not_follow(order_id, loaded.kept, loaded, wish):
            return await self._folded(caller, order_id)
        version, _, owner = loaded.kept.label.rpartition(" ")
        check_owner(caller, owner)
        seconds = self._freshness.staleness.seconds(loaded.standing, [self._place(order_id)])
        seen = Seen([self._token(order_id, loaded.shows)], seconds)
        return Found(loaded.kept.body, version, seen)

    async def _can_not_follow(self, order_id: str, kept: Kept, loaded: Loaded, wish: Wish) -> bool:
        """Whether the model has left this order behind, though its position says otherwise."""
        place = self._place(order_id)
        if any((one.topic, one.partition) == place and one.position > kept.position for one in wish.tokens):
            # Another order's token, most likely; or this order's, and its event was parked a moment ago.
            await self._parked.look_after(time.monotonic())
        return self._parked.holds(self._model.name, loaded.standing.tag, order_id)

    async def at(self, caller: Caller, order_id: str, cut: Cut) -> Found:
        return await self._folded(caller, checked_id(order_id), cut)

    async def _fresh(self, order_id: str, wish: Wish) -> Loaded | None:
        """None if the model did not get there in time. A position of another partition says nothing of this order."""
        place = self._place(order_id)
        tokens = [one for one in wish.tokens if (one.topic, one.partition) == place]
        needed = max((token.position for token in tokens), default=0)

        def enough(loaded: Loaded) -> bool:
            if loaded.shows < needed:
                return False
            if wish.max_staleness is None:
                return True
            seconds = self._freshness.staleness.seconds(loaded.standing, [place])
            return seconds is not None and seconds <= wish.max_staleness

        loaded = await self.cache.get(order_id, enough)
        if enough(loaded):
            return loaded
        if not await self._freshness.until(self._model.name, tokens, [place], wish):
            return None
        self.cache.forget(order_id)
        loaded = await self.cache.get(order_id, enough)
        return loaded if enough(loaded) else None

    async def _folded(self, caller: Caller, order_id: str, cut: Cut = EVERYTHING) -> Found:
        events = await self._events.of(order_id, cut)
        document = fold_all(self._model.families[0], map(heard, events))
        if document is None:
            raise await self._nothing(caller, order_id, cut)
        check_owner(caller, owner_of(events))
        seen = Seen([self._token(order_id, events[-1].recorded.position)], 0.0, "event-store")
        return Found(orjson.dumps(document), str(document.get("version", "")), seen)

    async def _nothing(self, caller: Caller, order_id: str, cut: Cut) -> Refusal:
        if cut != EVERYTHING and (owner := await self._events.owner(order_id)) is not None:
            check_owner(caller, owner)
            return Refusal("The order had not got that far, or was not there yet.", code="not_there_yet")
        return not_found()

    def _place(self, order_id: str) -> Partition:
        return Partition(TOPIC, partition_of(order_id, self._partitions))

    def _token(self, order_id: str, position: int) -> ConsistencyToken:
        return ConsistencyToken(*self._place(order_id), position)


def checked_id(order_id: str) -> str:
    """As orders are called; anything else names none."""
    try:
        return str(UUID(order_id)) if len(order_id) == 36 else _none()
    except ValueError:
        raise not_found() from None


def check_owner(caller: Caller, owner: str | None) -> None:
    """A stranger is not even told that there is such an order."""
    if Role.OPERATOR not in caller.roles and caller.subject != owner:
        raise not_found()


def check_customer(caller: Caller, customer: str) -> None:
    """Of a stranger it is not told whether it has any orders."""
    if Role.OPERATOR not in caller.roles and caller.subject != customer:
        raise not_found()


def not_found() -> Refusal:
    return Refusal("There is no such order.", code="order_not_found")


def _none() -> str:
    raise not_found()
