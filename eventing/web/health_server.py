"""The health addresses for a worker that serves no API: a small server in a thread of its own.

A thread, so that a worker may be asyncio, threads or one long loop. The checks run in that thread: they should read
what the worker has noted, and not touch what belongs to its loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from eventing.web.health import Check, Health, Place
from eventing.web.health_routes import health_routes
from eventing.web.server import Door, address_of, configured, listen


class HealthServer:
    """Serves until it is closed; also a context manager."""

    def __init__(self, health: Health, registry: CollectorRegistry, door: Door) -> None:
        self.health = health
        listener = listen(door)
        self.address = address_of(listener)
        app = Starlette(routes=health_routes(health, registry))
        self._server = uvicorn.Server(configured(app, door))
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listener])), name="health", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
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
