"""Group commit: while one batch of appends is being committed, the next one gathers. There is no timer.

Rules:
- an append is answered alone: a conflict or a bad row never reaches its neighbours. A batch that fails as a whole is
  split, and its halves are sent again, until the bad one is alone
- a reply that was lost says nothing about what was committed. Before anything is sent again, the store is asked which
  events are there; and what still looks refused afterwards is asked for once more, since a statement that was cut off
  may have been finished by the server in between
- the queue is bounded: who comes when it is full hears `Unavailable` at once
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from eventing.errors import OrderloomError, Unavailable
from eventing.event_store import AlreadyDone, Appended
from eventing.gathering import Gatherable, Limits, gather

P = TypeVar("P", bound=Gatherable)
Sent = TypeVar("Sent", bound=Gatherable, contravariant=True)
Outcome = Appended | AlreadyDone | OrderloomError


class BadBatch(Exception):
    """Something in the batch can't be stored, so nothing of it is."""

    def __init__(self, reason: OrderloomError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Contended(Exception):
    """Somebody stood in the way and nothing is stored: the same batch may be sent again."""


class Unreachable(Exception):
    """There is no connection and none could be made: nothing was sent."""


class Lost(Exception):
    """The connection was lost with the batch under way: it may be stored or not."""


class Sender(Protocol[Sent]):
    async def send(self, batch: Sequence[Sent]) -> Sequence[Outcome]:
        """One transaction, whatever is in it. Raises one of the four above."""
        ...

    async def find(self, batch: Sequence[Sent]) -> Sequence[Appended | None]:
        """Which of these appends are stored, told by the ids of their events."""
        ...

    async def close(self) -> None: ...


class _Waiting(Generic[P]):
    __slots__ = ("future", "item")

    def __init__(self, item: P, future: asyncio.Future[Appended | AlreadyDone]) -> None:
        self.item = item
        self.future = future

    @property
    def given_up(self) -> bool:
        return self.future.done()


UNREACHABLE: Final = "The event store can't be reached: try again shortly."
PATIENCE: Final = 10.0
"""Seconds that a batch is tried again while the server can't be reached."""
ATTEMPTS: Final = 5
"""Of a batch that others stand in the way of, before it is split; and of an append alone, before it is given up."""
WORTH_HALVING: Final = 48
"""When so many come at once, only half of them go first: while these are being committed the others are ready to follow
at once, and then the first come back while the others are being committed. In one batch client and server would take
turns, each idle while the other works. Fewer are better off with one commit."""
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 1.0


class Appender(Generic[P]):
    """Belongs to one event loop, and lives as long as its process appends."""

    def __init__(
        self, sender: Sender[P], *, limits: Limits = Limits(), queue_limit: int = 4096, patience: float = PATIENCE
    ) -> None:
        self._sender = sender
        self._limits = limits
        self.queue_limit = queue_limit
        self._patience = patience
        self._queue: deque[_Waiting[P]] = deque()
        self._under_way: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def depth(self) -> int:
        """How many wait for their batch: the measure by which load is shed before the queue is full."""
        return len(self._queue)

    async def append(self, item: P) -> Appended | AlreadyDone:
        if self._closing:
            raise Unavailable("This process is shutting down: send it again to another one.")
        if len(self._queue) >= self.queue_limit:
            raise Unavailable("More is being written than the event store takes: try again shortly.", retry_after=1.0)
        waiting = _Waiting(item, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._under_way is None:
            self._under_way = asyncio.get_running_loop().create_task(self._work())
        return await waiting.future

    async def close(self) -> None:
        """Takes nothing new, answers whoever waits, then closes the connection."""
        self._closing = True
        if self._under_way is not None:
            await asyncio.wait({self._under_way})
        await self._sender.close()

    async def _work(self) -> None:
        """Sends batch after batch until nobody waits."""
        limits = self._limits_at_first()
        try:
            while batch := gather(self._queue, limits):
                limits = self._limits
                try:
                    await _Delivery(self._sender, self._patience).deliver(batch)
                except Unavailable as error:
                    _fail(batch, error)
                    # Who waits behind has waited as long, and was not sent.
                    _fail(self._queue, Unavailable(UNREACHABLE, retry_after=5.0))
                    self._queue.clear()
                except Exception as error:  # noqa: BLE001 - nobody else would tell those who wait
                    _fail(batch, error)
        finally:
            self._under_way = None

    def _limits_at_first(self) -> Limits:
        waiting = len(self._queue)
        if waiting < WORTH_HALVING:
            return self._limits
        return self._limits._replace(appends=min(self._limits.appends, waiting // 2))


class _Delivery(Generic[P]):
    """The way of one batch, through whatever happens on it."""

    def __init__(self, sender: Sender[P], patience: float) -> None:
        self._sender = sender
        self._give_up_at = asyncio.get_running_loop().time() + patience
        self._uncertain = False

    async def deliver(self, batch: Sequence[_Waiting[P]]) -> None:
        pause = _FIRST_PAUSE
        attempts = 0
        while True:
            try:
                if self._uncertain:
                    batch = await self._without_stored(batch)
                if batch := [waiting for waiting in batch if not waiting.given_up]:
                    await self._answer(batch, await self._sender.send([waiting.item for waiting in batch]))
                return None
            except BadBatch as bad:
                return await self._split(batch, bad.reason)
            except Contended:
                attempts += 1
                if attempts == ATTEMPTS:
                    return await self._split(batch, Unavailable("Others kept standing in the way: try again shortly."))
            except (Lost, Unreachable) as error:
                self._uncertain |= isinstance(error, Lost)
                if asyncio.get_running_loop().time() >= self._give_up_at:
                    raise self._unavailable() from error
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _without_stored(self, batch: Sequence[_Waiting[P]]) -> list[_Waiting[P]]:
        stored = await self._sender.find([waiting.item for waiting in batch])
        for waiting, appended in zip(batch, stored, strict=True):
            if appended is not None:
                _settle(waiting, appended)
        return [waiting for waiting, appended in zip(batch, stored, strict=True) if appended is None]

    async def _answer(self, batch: Sequence[_Waiting[P]], outcomes: Sequence[Outcome]) -> None:
        doubtful = []
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if self._uncertain and isinstance(outcome, OrderloomError):
                doubtful.append((waiting, outcome))
            else:
                _settle(waiting, outcome)
        for waiting, outcome in doubtful:
            await self._without_stored([waiting])
            _settle(waiting, outcome)

    async def _split(self, batch: Sequence[_Waiting[P]], reason: OrderloomError) -> None:
        if len(batch) == 1:
            try:
                return await self._answer(batch, [reason])
            except (Lost, Unreachable) as error:
                raise self._unavailable() from error
        middle = len(batch) // 2
        await self.deliver(batch[:middle])
        return await self.deliver(batch[middle:])

    def _unavailable(self) -> Unavailable:
        if self._uncertain:
            return Unavailable(
                "The event store can't be reached, and whether this was stored is not known: "
                "send it again with the same idempotency key.",
                stored="unknown",
            )
        return Unavailable(UNREACHABLE, retry_after=5.0)


def _settle(waiting: _Waiting[P], outcome: Outcome) -> None:
    if waiting.future.done():
        return
    if isinstance(outcome, BaseException):
        waiting.future.set_exception(outcome)
    else:
        waiting.future.set_result(outcome)


def _fail(waiting: Iterable[_Waiting[P]], error: Exception) -> None:
    for one in waiting:
        if not one.future.done():
            one.future.set_exception(error)
