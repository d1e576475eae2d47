"""How far the relay is behind, looked at in the background: a command only compares two numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from eventing.errors import OrderloomError
from eventing.web.load import Lag, no_lag

PAUSE: Final = 1.0

ReadLag = Callable[[], Awaitable[Lag]]


class RelayLag:
    def __init__(self, read: ReadLag) -> None:
        self._read = read
        self._seen = no_lag()

    def seen(self) -> Lag:
        return self._seen

    async def look(self) -> None:
        self._seen = await self._read()

    async def watch(self) -> None:
        """For ever. While the database is away the last look counts: commands can't be appended then anyway."""
        while True:
            await asyncio.sleep(PAUSE)
            with suppress(OrderloomError):
                await self.look()
