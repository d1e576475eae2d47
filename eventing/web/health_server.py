"""The health addresses for a worker that serves no API: a small server in a thread of its own.

A thread, so that a worker may be asyncio, threads or one long loop. The checks run in that thread: they should read
what the worker has noted, and not touch what belongs to its loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from eventing.web.door import Door, address_of, configured, listen
from eventing.web.health import Check, Health, Place
from eventing.web.health_routes import health_routes

TICK_SECONDS: Final = 1.0
"""The date that answers carry is at most so old."""


class _Unhurried(uvicorn.Server):
    """Looks about itself once a second instead of ten times: a worker that has nothing to do costs next to nothing."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_end = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._asked_to_end.wait()

    def end(self) -> None:
        """From any thread. It sees the flag where it has no loop yet, and is woken where it has."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it has ended already
                self._loop.call_soon_threadsafe(self._asked_to_end.set)


class HealthServer:
    """Serves until it is closed; also a context manager."""

    def __init__(self, health: Health, registry: CollectorRegistry, door: Door) -> None:
        self.health = health
        listener = listen(door)
        self.address = address_of(listener)
        app = Starlette(routes=health_routes(health, registry))
        self._server = _Unhurried(configured(app, door))
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listener])), name="health", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.end()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def serve_health(
    port: int,
    checks: Sequence[Check],
    registry: CollectorRegistry,
    *,
    place: Place,
    setting: str,
    host: str = "127.0.0.1",
) -> HealthServer:
    """Returns at once; `.address` says where it listens, `.health.draining = True` turns readiness off."""
    return HealthServer(Health(place, checks), registry, Door(host, port, setting, connection_limit=100))
