"""Runs an application until it is told to stop, and then so that nothing that was accepted is lost.

The first SIGTERM or SIGINT: `/readyz` says no and answers close their connections, so that clients and balancers go
elsewhere; after the notice the door closes, requests under way finish, and the application's lifespan ends (there the
appender commits what it holds). A second signal ends the process at once; what was answered is committed even then.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import structlog
import uvicorn
import uvloop

from eventing.web.application import Application
from eventing.web.door import Door, address_of, configured, listen
from eventing.web.health import Health

GARBAGE_THRESHOLDS: Final = (50_000, 20, 50)
"""Requests under way are many young objects, and looking through them at the default thresholds took a tenth of the
process' time. What a request leaves behind in cycles is little, and can wait."""

_log = structlog.get_logger("orderloom.http")


def serve(app: Application, door: Door, *, announce: Callable[[str], object] = lambda _: None) -> None:
    """Blocks until a signal. `announce` is told the address as soon as the application answers there."""
    listener = listen(door)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, door, listener, announce))


async def _serve(app: Application, door: Door, listener: socket.socket, announce: Callable[[str], object]) -> None:
    server = _Server(configured(app, door), app.edge.health, door.notice_seconds)
    address = address_of(listener)

    def ready() -> None:
        _log.info("The API answers.", action="http.listening", address=address)
        announce(address)

    server.on_started = ready
    try:
        # Around the server and not inside it: an error at start-up reaches the command line as it is, and what the
        # lifespan holds is given up only when the last request has been answered.
        async with app.router.lifespan_context(app):
            # What start-up made stays for ever: the collector need not look at it again and again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE_THRESHOLDS)
            await server.serve(sockets=[listener])
    finally:
        listener.close()
    _log.info("The API has stopped; everything that it accepted is done.", action="http.stopped")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, health: Health, notice_seconds: float) -> None:
        super().__init__(config)
        self._health = health
        self._notice_seconds = notice_seconds
        self._close_at: float | None = None
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal handlers are called
        if self._close_at is not None:
            signal.signal(sig, signal.SIG_DFL)
            os.kill(os.getpid(), sig)
        self._health.draining = True
        self._close_at = time.monotonic() + self._notice_seconds

    async def on_tick(self, counter: int) -> bool:
        if self._close_at is not None and time.monotonic() >= self._close_at:
            self.should_exit = True
        return await super().on_tick(counter)
