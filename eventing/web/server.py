"""Runs an application until it is told to stop, and then so that nothing that was accepted is lost.

The first SIGTERM or SIGINT: `/readyz` says no and answers close their connections, so that clients and balancers go
elsewhere; after the notice the door closes, requests under way finish, and the application's lifespan ends (there the
appender commits what it holds). A second signal ends the process at once; what was answered is committed even then.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from eventing.errors import Misconfigured
from eventing.web.application import Application
from eventing.web.health import Health
from eventing.web.protocol import EdgeProtocol
from eventing.web.socket_protocol import (
    SOCKET_MESSAGE_LIMIT,
    SOCKET_PING_SECONDS,
    SOCKET_PONG_SECONDS,
    EdgeSocketProtocol,
)

BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 15
GARBAGE_THRESHOLDS: Final = (50_000, 20, 50)
"""Requests under way are many young objects, and looking through them at the default thresholds took a tenth of the
process' time. What a request leaves behind in cycles is little, and can wait."""

_log = structlog.get_logger("orderloom.http")


@dataclass(frozen=True, slots=True)
class Door:
    """Where and how to listen. `setting` is the name to mention when the port is taken."""

    host: str
    port: int
    setting: str
    connection_limit: int = 1000
    notice_seconds: float = 0.5
    drain_seconds: float = 10.0
    trusted_proxies: str = ""
    """Addresses whose X-Forwarded-For is believed, with commas. None by default."""
    sockets: bool = False
    """Whether a connection may become a websocket."""


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


def listen(door: Door) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
        return socket.create_server((door.host, door.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Misconfigured(_why_not(error, door)) from None


def _why_not(error: OSError, door: Door) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {door.port} is taken by another program: set {door.setting} to a free one, or to 0 for any."
    if error.errno == errno.EACCES:
        return f"Port {door.port} is not for this user: set {door.setting} to one above 1023."
    host_setting = door.setting.removesuffix("PORT") + "HOST"
    return f"It is not possible to listen at {door.host}: set {host_setting} to an address of this machine."


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def configured(app: ASGIApp, door: Door) -> uvicorn.Config:
    protocol = type("BoundProtocol", (EdgeProtocol,), {"connection_limit": door.connection_limit})
    options: dict[str, Any] = {
        "http": protocol,
        "ws": EdgeSocketProtocol if door.sockets else "none",
        "ws_max_size": SOCKET_MESSAGE_LIMIT,
        "ws_ping_interval": SOCKET_PING_SECONDS,
        "ws_ping_timeout": SOCKET_PONG_SECONDS,
        # A few bytes of compressed text can unfold to far more than a message may have, and ours are small.
        "ws_per_message_deflate": False,
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(door.trusted_proxies),
        "forwarded_allow_ips": door.trusted_proxies or None,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": door.drain_seconds,
    }
    return uvicorn.Config(app, **options)


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
