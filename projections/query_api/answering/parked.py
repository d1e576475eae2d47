"""Orders that a read model can't follow any more: something about them waits in the parked list, and the model goes on.

Its partition's position moves past such an event, so a position alone would call the model fresh. Whoever asks for such
an order is answered from its events; lists and sums say of how many keys that is so.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from eventing.errors import OrderloomError

PAUSE: Final = 1.0
KNOWN_SECONDS: Final = 5.0
"""So long the last look tells of now. Somebody looks every second, unless the database is away."""

ReadParked = Callable[[], Awaitable[frozenset[tuple[str, str]]]]
"""Pairs of consumer and key."""


class ParkedKeys:
    def __init__(self, read: ReadParked) -> None:
        self._read = read
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._counts: Counter[str] = Counter()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    def holds(self, model: str, tag: str, key: str) -> bool:
        return bool(self._known) and (_consumer(model, tag), key) in self._known

    def count(self, model: str, tag: str, since: float) -> int | None:
        """The keys that this build can't follow; None if nobody has looked since then."""
        return self._counts[_consumer(model, tag)] if self._looked_at >= since else None

    async def look_after(self, moment: float) -> None:
        """So that what was parked by then is known. Those who ask at once share a look."""
        async with self._looking:
            if self._looked_at < moment:
                began = time.monotonic()
                self._known = await self._read()
                self._counts = Counter(consumer for consumer, _ in self._known)
                self._looked_at = began

    async def watch(self) -> None:
        """For ever. While the database is away the last look counts."""
        while True:
            with suppress(OrderloomError):
                await self.look_after(time.monotonic())
            await asyncio.sleep(PAUSE)


def _consumer(model: str, tag: str) -> str:
    return f"projection-{model}-{tag}"
