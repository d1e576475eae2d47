"""Forgets answers that are older than a day, in the background: else the table of keys would grow for ever.

Every process does it. They don't stand in each other's way, and so nobody has to be elected for it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from eventing.errors import OrderloomError

PAUSE: Final = 60.0
"""Seconds between looks, more or less: processes that were started together do not look together for ever."""
BREATH: Final = 0.02
"""Seconds between two steps, which belong to those who append."""

ForgetSome = Callable[[], Awaitable[bool]]
"""One small step; says whether there may be more."""


class Forgetting:
    def __init__(self, forget_some: ForgetSome, *, pause: float = PAUSE, breath: float = BREATH) -> None:
        self._forget_some = forget_some
        self._pause = pause
        self._breath = breath

    async def go_on(self) -> None:
        """For ever. What can't be forgotten now, because the database is away, is forgotten later."""
        while True:
            more = False
            with suppress(OrderloomError):
                more = await self._forget_some()
            await asyncio.sleep(self._breath if more else self._long_pause())

    def _long_pause(self) -> float:
        return self._pause * random.uniform(0.5, 1.5)  # noqa: S311 - nothing secret depends on it
