"""Many callers, one round trip: while one is under way, the next one gathers. There is no timer.

A caller that comes during a round trip is served by the next one, never by the one under way, so that what it is
given was read after it asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Coalesced(Generic[K, V]):
    def __init__(self, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._trip: asyncio.Task[None] | None = None

    async def get(self, keys: Iterable[K]) -> dict[K, V]:
        asked = {key: self._ask(key) for key in keys}
        if self._waiting and self._trip is None:
            self._trip = asyncio.create_task(self._fetch_all())
        # Shielded, because a caller that is cancelled must not cancel what others wait for too.
        return {key: await asyncio.shield(answer) for key, answer in asked.items()}

    def _ask(self, key: K) -> asyncio.Future[V]:
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(_look_at_failure)
        return answer

    async def _fetch_all(self) -> None:
        try:
            while self._waiting:
                gathered, self._waiting = self._waiting, {}
                await self._serve(gathered)
        finally:
            self._trip = None

    async def _serve(self, gathered: dict[K, asyncio.Future[V]]) -> None:
        try:
            found = await self._fetch(list(gathered))
            for key, answer in gathered.items():
                answer.set_result(found[key])
        except Exception as error:  # noqa: BLE001 - it is handed to everyone who waits
            for answer in gathered.values():
                if not answer.done():
                    answer.set_exception(error)


def _look_at_failure(answer: asyncio.Future[V]) -> None:
    """Where every caller was cancelled meanwhile nobody is left to look, and asyncio would complain."""
    if not answer.cancelled():
        answer.exception()
