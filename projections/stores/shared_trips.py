"""Round trips that readers share: whoever asks while one is under way goes along with the next one.

There is no timer. A lone question leaves at once; the more ask, the more go together, and the less each of them costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOST: Final = 500
"""That go together, so that nobody waits long for the others."""


class SharedTrips(Generic[Q, A]):
    """Belongs to one event loop. `ask` answers questions one for one, or fails for all of them."""

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._travels: asyncio.Task[None] | None = None

    async def go(self, question: Q) -> A:
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._travels is None:
            self._travels = asyncio.create_task(self._travel())
        return await answer

    async def _travel(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._trip(together)
        finally:
            self._travels = None

    async def _trip(self, together: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        try:
            answers = await self._ask([question for question, _ in together])
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            for _, future in together:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(together, answers, strict=True):
            if not future.done():  # whoever asked may have gone away
                future.set_result(answer)
