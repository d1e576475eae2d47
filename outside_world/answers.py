"""What goes over the wire: the plain answer, and everything that can be wrong with one."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from outside_world.faults import Fault, Rule
from outside_world.trade import NotSo

TRANSPORT: Final = "outside_world.transport"
_MEGABYTE: Final = b'"' + b"x" * (1024 * 1024 - 2) + b","


class Protocol(HttpToolsProtocol):
    """Lets an answer have its own connection, to cut it or to say something twice."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope.setdefault("extensions", {})[TRANSPORT] = {"transport": self.transport}


class Silence(Response):
    """Nothing, until the caller leaves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await _until_left(receive)


class Cut(Response):
    """The end of the connection, after some bytes or none."""

    def __init__(self, said: bytes = b"") -> None:
        super().__init__()
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        transport = _transport(scope)
        if self._said:
            transport.write(_raw(201, self._said, length=len(self._said) * 2))
            transport.close()
        else:
            transport.abort()
        await _until_left(receive)


class Twice(Response):
    """A second answer that nobody asked for, on a connection that stays open."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(body, status, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _transport(scope)
        await super().__call__(scope, receive, send)
        transport.write(_raw(self.status_code, bytes(self.body), length=len(self.body)))


def plain(status: int, answer: dict[str, Any]) -> Response:
    return Response(_bytes(answer), status, media_type="application/json")


def not_so(error: NotSo, key: str | None = None) -> Response:
    return JSONResponse({"error": error.code, "message": str(error), "key": key}, error.status)


def without_effect(rule: Rule, request: Request) -> Response:
    match rule.fault:
        case Fault.HANG:
            return Silence()
        case Fault.CUT:
            return Cut()
        case Fault.REDIRECT:
            return RedirectResponse(request.url_for("elsewhere"), 307)
        case Fault.RATE_LIMITED:
            return _error(429, 1 if rule.retry_after is None else rule.retry_after)
    return _error(rule.status, rule.retry_after)


async def after_effect(rule: Rule, status: int, answer: dict[str, Any]) -> Response:  # noqa: C901 - a table
    body = _bytes(answer)
    match rule.fault:
        case Fault.DELAY:
            await asyncio.sleep(rule.ms / 1000)
        case Fault.HANG_AFTER:
            return Silence()
        case Fault.LOST_REPLY:
            return Cut()
        case Fault.CUT_ANSWER:
            return Cut(body[: len(body) // 2])
        case Fault.ERROR_AFTER:
            return _error(rule.status, rule.retry_after)
        case Fault.DUPLICATE:
            return Twice(status, body)
        case Fault.WRONG_AMOUNT:
            return plain(status, answer | {"amount": int(answer.get("amount") or 0) + 1})
        case Fault.WRONG_CURRENCY:
            return plain(status, answer | {"currency": "XTS"})
        case Fault.WRONG_KEY:
            return plain(status, answer | {"key": f"not-{answer['key']}"})
        case Fault.HTML:
            return HTMLResponse("<html><body><h1>Welcome to nginx!</h1></body></html>", status)
        case Fault.TRUNCATED:
            return Response(body[: len(body) // 2], status, media_type="application/json")
        case Fault.HUGE:
            return _huge(status, rule.megabytes)
    return plain(status, answer)


def _bytes(answer: dict[str, Any]) -> bytes:
    """The same for the same answer, whenever it is given."""
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS)


def _huge(status: int, megabytes: int) -> Response:
    async def body() -> Any:
        yield b"["
        for _ in range(megabytes):
            yield _MEGABYTE
        yield b"0]"

    return StreamingResponse(body(), status, media_type="application/json")


def _error(status: int, retry_after: int | None) -> Response:
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return JSONResponse({"error": "on_demand", "message": "As the faults want it."}, status, headers)


def _raw(status: int, body: bytes, *, length: int) -> bytes:
    head = f"HTTP/1.1 {status} Again\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    return head.encode() + body


def _transport(scope: Scope) -> asyncio.Transport:
    return cast(asyncio.Transport, scope["extensions"][TRANSPORT]["transport"])


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        """Parts of the body, if any are left."""
