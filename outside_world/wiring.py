"""Runs a service of the outside world until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn
import uvloop

from eventing.errors import Misconfigured
from outside_world.answers import Protocol
from outside_world.carrier import CARRIER
from outside_world.ledger import Ledger
from outside_world.payments import PAYMENTS
from outside_world.service import make_app
from outside_world.trade import Trade

TRADES: Final[Mapping[str, Trade]] = {trade.name: trade for trade in (PAYMENTS, CARRIER)}
API_KEY: Final = "OUTSIDE_WORLD_API_KEY"
"""An environment variable, because arguments of a process can be read by everybody on the machine."""


def run(
    service: str,
    ledger_file: Path,
    announce: Callable[[dict[str, str]], object],
    *,
    port: int = 0,
    host: str = "127.0.0.1",
) -> None:
    """Blocks until SIGTERM or Ctrl-C; a second one ends it at once. `announce` is called when it answers."""
    listener = _listen(host, port)
    ledger = Ledger(ledger_file, service)
    try:
        app = make_app(TRADES[service], ledger, api_key=os.environ.get(API_KEY))
        server = _Server(_configured(app))
        bound_host, bound_port = listener.getsockname()[:2]
        address = f"http://[{bound_host}]:{bound_port}" if ":" in bound_host else f"http://{bound_host}:{bound_port}"
        server.on_started = lambda: announce(
            {"service": service, "address": address, "ledger": str(ledger_file.absolute())}
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=[listener]))
    finally:
        listener.close()
        ledger.close()


def _configured(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        access_log=False,
        server_header=False,
        # Who hangs on purpose would hold up the end.
        timeout_graceful_shutdown=1,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise Misconfigured(f"Port {port} is taken by another program: give another --port, or 0.") from None
        raise Misconfigured(f"It is not possible to listen at {host}:{port} ({error}): give another one.") from None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.on_started: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal handlers are called
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            os.kill(os.getpid(), sig)
        self.should_exit = True
