"""`/livez`, `/readyz`, `/health` and `/metrics`: the same in every process, of APIs and of workers."""

from __future__ import annotations

from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventing.web.health import Health

_NO_STORE = {"cache-control": "no-store"}


def health_routes(health: Health, registry: CollectorRegistry) -> list[Route]:
    async def livez(_: Request) -> Response:
        return _json({"status": "alive"})

    async def readyz(_: Request) -> Response:
        readiness = await health.readiness()
        body = {"status": readiness.status, "checks": readiness.checks}
        return _json(body, 200 if readiness.ready else 503)

    async def whole(_: Request) -> Response:
        readiness = await health.readiness()
        return _json({"status": readiness.status, **health.place.described(), "checks": readiness.checks})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), headers=_NO_STORE, media_type=CONTENT_TYPE_LATEST)

    endpoints = {"/livez": livez, "/readyz": readyz, "/health": whole, "/metrics": metrics}
    return [Route(path, endpoint, include_in_schema=False) for path, endpoint in endpoints.items()]


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, _NO_STORE, "application/json")
