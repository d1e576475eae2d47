"""`/openapi.json`, and `/docs`: a page of our own that shows it. It works without any network but this server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventing.web.pages import asset


def docs_routes(document: Callable[[], dict[str, Any]]) -> list[Route]:
    async def openapi(_: Request) -> Response:
        return Response(orjson.dumps(document()), headers={"cache-control": "no-cache"}, media_type="application/json")

    routes = [Route("/openapi.json", openapi, include_in_schema=False)]
    routes += [_served(path, name) for path, name in _ASSETS.items()]
    return routes


_ASSETS = {"/docs": "docs.html", "/docs/docs.js": "docs.js", "/docs/pages.css": "pages.css"}


def _served(path: str, name: str) -> Route:
    async def endpoint(_: Request) -> Response:
        return asset(name)

    return Route(path, endpoint, include_in_schema=False, name=name)
