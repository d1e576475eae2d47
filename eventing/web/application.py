"""Builds a service's FastAPI application: its operations behind the edge, its documentation, its health."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from eventing.errors import OrderloomError
from eventing.web.docs_page import docs_routes
from eventing.web.edge import Edge, EdgeApplication
from eventing.web.health_routes import health_routes
from eventing.web.openapi import openapi_document
from eventing.web.operation import Operation
from eventing.web.pointers import parameter_errors
from eventing.web.problem_pages import problem_routes
from eventing.web.refusals import EdgeRefusal, Invalid

__all__ = ["Edge", "build_application"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}
_NOWHERE = "There is nothing at this address: /docs lists what there is."


class Application(FastAPI):
    """A FastAPI application whose operations do not pass through FastAPI's own layers."""

    def __init__(self, edge: Edge, operations: Sequence[Operation], **described: Any) -> None:
        self.edge = edge
        self.operations = tuple(operations)
        super().__init__(
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            telemetry={"tracing": False, "metrics": False, "logs": False},
            **described,
        )

    def build_middleware_stack(self) -> ASGIApp:
        return EdgeApplication(self.edge, self.operations, rest=super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = openapi_document(
                self.title, self.version, self.description, self.operations, self.edge.problems
            )
        return self.openapi_schema


def build_application(
    title: str,
    version: str,
    operations: Sequence[Operation],
    edge: Edge,
    *,
    description: str = "",
    lifespan: Lifespan | None = None,
) -> Application:
    app = Application(edge, operations, title=title, version=version, description=description, lifespan=lifespan)
    app.router.routes += health_routes(edge.health, edge.metrics.registry)
    app.router.routes += problem_routes(edge.problems)
    app.router.routes += docs_routes(app.openapi)
    for failure in (OrderloomError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(failure, _problem)
    return app


async def _problem(request: Request, error: Exception) -> Response:
    """What FastAPI's own routes raise, and what FastAPI itself says, becomes the same kind of answer."""
    app: Application = request.app
    trace_id = request.scope["orderloom.context"].trace_id
    return app.edge.problems.response(translated(error), instance=request.url.path, trace_id=trace_id)


def translated(error: Exception) -> Exception:
    match error:
        case RequestValidationError():
            return Invalid(parameter_errors(error.errors()))
        case HTTPException(status_code=status) if status < 500:
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            detail = _NOWHERE if (status, error.detail) == (404, HTTPStatus.NOT_FOUND.phrase) else error.detail
            return EdgeRefusal(detail, code=_CODES.get(status, "malformed_request"), headers=headers)
        case _:
            return error
