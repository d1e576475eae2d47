"""The edge as one pure ASGI application: what happens to every request, in this order, once.

request id and trace → route → load shedding → who → how often → which role → handler → headers, metrics, log.

Operations are served here directly, because the layers of a general framework cost more than a whole decision; all
else (documentation, health, a service's own FastAPI routes) goes on to FastAPI, behind the same headers and metrics.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventing.errors import OrderloomError
from eventing.telemetry.logs import CONVERSATION
from eventing.telemetry.spans import SPANS, end, traceparent_of
from eventing.web.auth import Authenticator
from eventing.web.body import BODY_LIMIT
from eventing.web.call import Call
from eventing.web.context import RequestContext, context_of
from eventing.web.gate import Gate
from eventing.web.health import Health
from eventing.web.load import LoadShedder
from eventing.web.metrics import OTHER_ROUTE, HttpMetrics
from eventing.web.operation import Operation
from eventing.web.problems import Problems
from eventing.web.rate_limit import RateLimiter, Verdict
from eventing.web.refusals import EdgeRefusal, Overloaded
from eventing.web.router import Router

SLOW_SECONDS: Final = 1.0
SHED: Final = "orderloom.shed"
"""Set on a request that was turned away for load: its metric and alert tell of it. A line for each would be thousands a
minute, written by those who have no time left."""

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_REFERRER: Final = (b"referrer-policy", b"no-referrer")
# An answer of the API is data: whatever it holds, no browser may run or frame it.
_INERT: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE: Final = (b"cache-control", b"no-store")
_PRIVATE: Final = (b"cache-control", b"private, no-cache")
_CLOSE: Final = (b"connection", b"close")

_log = structlog.get_logger("orderloom.http")


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge of one process consists of; made by the composition root."""

    problems: Problems
    authenticator: Authenticator
    limiter: RateLimiter | None
    shedder: LoadShedder
    health: Health
    metrics: HttpMetrics
    body_limit: int = BODY_LIMIT


class EdgeApplication:
    def __init__(self, edge: Edge, operations: Iterable[Operation], rest: ASGIApp) -> None:
        self._edge = edge
        self._gate = Gate(edge.authenticator, edge.limiter)
        self._router = Router(operations)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        started = perf_counter()
        context = context_of(scope["headers"])
        found = self._router.find(scope["method"], scope["path"])
        span = None
        if found is not None and SPANS.are_wanted:
            name = f"{scope['method']} {found.operation.path}"
            span = SPANS.serve(name, context.traceparent, begins=context.begins)
        if span is not None:
            context = context._replace(traceparent=traceparent_of(span))
        scope["orderloom.context"] = context
        CONVERSATION.set(context)
        if found is not None:
            route = found.operation.path
            call = Call(scope, receive, found.params, context, self._edge.problems, self._edge.body_limit)
            status = await self._serve(found.operation, call, receive, send)
        else:
            route = OTHER_ROUTE
            status = await self._pass_on(scope, receive, send, context)
        if span is not None:
            end(span, status)
        seconds = 0.0 if found is not None and found.operation.streams else perf_counter() - started
        self._edge.metrics.answered(scope["method"], route, status, seconds)
        if (status >= 500 and SHED not in scope) or seconds > SLOW_SECONDS:
            _tell(scope, route, status, seconds)

    async def _serve(self, operation: Operation, call: Call, receive: Receive, send: Send) -> int:
        response, verdict = await self._answer(operation, call)
        headers = response.raw_headers
        said = {name for name, _ in headers}
        if verdict is not None and self._edge.limiter is not None:
            headers += self._edge.limiter.fields(verdict)
        headers += [_NOSNIFF, _REFERRER, (b"x-request-id", call.context.request_id.encode())]
        if b"content-security-policy" not in said:
            headers.append(_INERT)
        if b"cache-control" not in said:
            headers.append(_PRIVATE if operation.method == "GET" and response.status_code < 400 else _NO_STORE)
        if self._edge.health.draining:
            headers.append(_CLOSE)
        await response(call.scope, receive, send)
        return response.status_code

    async def _answer(self, operation: Operation, call: Call) -> tuple[Response, Verdict | None]:
        """Every failure ends here, as a problem."""
        verdict = None
        shedder = self._edge.shedder
        try:
            entered = shedder.enter(command=operation.method != "GET")
            finished = False
            try:
                call.caller, verdict = await self._gate.admit(operation, call.scope)
                response = await operation.handler(call)
                finished = True
            finally:
                shedder.leave(entered, finished=finished)
        except OrderloomError as error:
            response = self._refuse(call, error)
        except Exception:  # noqa: BLE001 - logged with its trace, which the caller must not see
            _log.exception("A request failed by a fault of ours.", action="http.fault", route=operation.path)
            response = call.problem(RuntimeError())
        return response, verdict

    def _refuse(self, call: Call, error: OrderloomError) -> Response:
        response = call.problem(error)
        if isinstance(error, Overloaded):
            call.scope[SHED] = True
        if response.status_code in (429, 503):
            reason = str(error.facts.get("reason", "unavailable")) if response.status_code == 503 else "rate_limit"
            self._edge.metrics.turned_away.labels(reason if isinstance(error, Overloaded) else error.code).inc()
        elif response.status_code == 500:
            _log.error(str(error), action="http.misconfigured", code=error.code)
        return response

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> int:
        """For FastAPI: its answers get our headers, and what escapes it has been answered already."""
        if allowed := self._router.allowed(scope["path"]):
            refusal = EdgeRefusal(
                "This address knows " + ", ".join(allowed) + ".",
                code="method_not_allowed",
                headers={"allow": ", ".join(allowed)},
            )
            rest: ASGIApp = self._edge.problems.response(refusal, instance=scope["path"], trace_id=context.trace_id)
        else:
            rest = self._rest
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                names = {name for name, _ in message["headers"]}
                ours = [_NOSNIFF, _REFERRER, (b"x-request-id", context.request_id.encode()), _INERT]
                ours += [_CLOSE] if self._edge.health.draining else []
                message["headers"] = [*message["headers"], *(h for h in ours if h[0] not in names)]
            await send(message)

        try:
            await rest(scope, receive, send_with_headers)
        except Exception:  # noqa: BLE001 - FastAPI has answered by our handler, and raises so that it is logged
            _log.exception("A request failed by a fault of ours.", action="http.fault", route=OTHER_ROUTE)
        return status


def _tell(scope: Scope, route: str, status: int, seconds: float) -> None:
    """Of what went well the metrics tell; a line is for what somebody may have to look at."""
    failed = status >= 500
    _log.log(
        40 if failed else 30,
        "A request failed." if failed else "A request was slow.",
        action="http.failed" if failed else "http.slow",
        method=scope["method"],
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )
