"""Orders that a read model can't follow any more: something about them waits in the parked list, and the model goes on.

Its partition's position moves past such an event, so a position alone would call the model fresh. Whoever asks for such
an order is answered from its events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from eventing.errors import OrderloomError

PAUSE: Final = 1.0

ReadParked = Callable[[], Awaitable[frozenset[tuple[str, str]]]]
"""Pairs of consumer and key."""


class ParkedKeys:
    def __init__(self, read: ReadParked) -> None:
        self._read = read
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    def holds(self, model: str, tag: str, key: str) -> bool:
        return bool(self._known) and (f"projection-{model}-{tag}", key) in self._known

    async def look_after(self, moment: float) -> None:
        """So that what was parked by then is known. Those who ask at once share a look."""
        async with self._looking:
            if self._looked_at < moment:
                began = time.monotonic()
                self._known = await self._read()
                self._looked_at = began

    async def watch(self) -> None:
        """For ever. While the database is away the last look counts."""
        while True:
            with suppress(OrderloomError):
                await self.look_after(time.monotonic())
            await asyncio.sleep(PAUSE)
