"""A bulkhead: so many at a time may be busy with one dependency, and so many more may wait for their turn.

Without it a dependency that hangs takes every task and connection of the process, and what does not need it stands
still too. Turns are given in the order of coming. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from eventing.errors import Unavailable


class Full(Unavailable):
    """Too many are busy with this already; nothing was begun."""


class Bulkhead:
    def __init__(self, concurrency: int, queue: int) -> None:
        self._concurrency = concurrency
        self._queue = queue
        self._line: deque[asyncio.Future[None]] = deque()
        self.in_use = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        return len(self._line)

    @asynccontextmanager
    async def place(self, patience: float) -> AsyncIterator[None]:
        """Waits for a turn, not longer than `patience` seconds. Raises `Full` if the line is too long or too slow."""
        await self._enter(patience)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, patience: float) -> None:
        if self.in_use < self._concurrency:
            self.in_use += 1
            return
        if len(self._line) >= self._queue or patience <= 0:
            raise self._refusal("nobody else may wait")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except TimeoutError:
            self._give_up(turn)
            raise self._refusal(f"no turn came within {patience:g} s") from None
        except BaseException:
            self._give_up(turn)
            raise

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        with suppress(ValueError):
            self._line.remove(turn)
        if turn.done() and not turn.cancelled():
            # The turn came in the very moment in which its owner lost patience: somebody else gets it.
            self._leave()

    def _leave(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)  # the place changes hands, and is in use all the time
                return
        self.in_use -= 1

    def _refusal(self, why: str) -> Full:
        self.refused += 1
        return Full(f"{self.in_use} are busy with it, {len(self._line)} wait, {why}.")
