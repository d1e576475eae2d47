"""A measurement taken in the background, so that whoever needs it on each request only reads the last one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeVar

import structlog

from eventing.breaker import Breaker

T = TypeVar("T")

EVERY_SECONDS: Final = 0.5
_log = structlog.get_logger("orderloom.sampling")


class Sampled(Generic[T]):
    """Call it for the last value: `LoadShedder(lag=Sampled(measure, no_lag()))`; it measures while `running`."""

    def __init__(self, measure: Callable[[], Awaitable[T]], initial: T, *, every: float = EVERY_SECONDS) -> None:
        self._measure = measure
        self._initial = initial
        self._every = every
        self._value = initial
        self._breaker = Breaker(failures=1, pause=every)

    def __call__(self) -> T:
        return self._value

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def take(self) -> None:
        """One measurement. What can't be measured counts as it did at the beginning: nobody is shed by a guess."""
        if not self._breaker.allows():
            return
        try:
            self._value = await self._measure()
        except Exception as error:  # noqa: BLE001 - a measurement that fails must not end the measuring
            self._value = self._initial
            if self._breaker.failed():
                _log.warning("A measurement fails.", action="sampling.failed", reason=type(error).__name__)
        else:
            self._breaker.succeeded()

    async def _run(self) -> None:
        while True:
            await self.take()
            await asyncio.sleep(self._every)
