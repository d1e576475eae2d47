"""Websockets: several streams on one connection.

The token comes with the first message or as a subprotocol (`orderloom.v1, bearer.<token>`), never in the address, where
it would be logged. Each subscription is authorised by itself. Every message of a client is counted against its share
of requests. What ends: the connection at the token's end (4401), whoever sends nonsense (4400) or does not say at first
who it is (4401), and who asks for too much (4429).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from eventing.cancelling import cancelled
from eventing.errors import OrderloomError
from eventing.telemetry.traceparent import new_trace
from eventing.web.auth import Admitted
from eventing.web.edge import Edge
from eventing.web.gate import address_bucket
from eventing.web.refusals import EdgeRefusal, Unauthenticated
from projections.query_api.live.opening import Opening, check_role
from projections.query_api.live.origins import Origins
from projections.query_api.live.subscription import Subscription

PATH: Final = "/v1/live"
PROTOCOL: Final = "orderloom.v1"
BEARER: Final = "bearer."
SECONDS_TO_SAY_WHO: Final = 10.0
CODES: Final = {"unauthenticated": 4401, "rate_limited": 4429, "too_many_streams": 4429, "malformed_request": 4400}
REASONS: Final = {"expired": 4401, "draining": 1012, "slow": 4429}


class Sockets:
    def __init__(self, edge: Edge, opening: Opening, origins: Origins) -> None:
        self._edge = edge
        self._opening = opening
        self._origins = origins

    async def endpoint(self, socket: WebSocket) -> None:
        try:
            self._origins.check(socket.scope["headers"])
        except EdgeRefusal as refusal:
            await socket.send_denial_response(self._problem(refusal))
            return
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._serve(socket, offered)

    async def _serve(self, socket: WebSocket, offered: list[str]) -> None:
        conversation = Conversation(socket, self._opening, self._problem)
        try:
            admitted = await self._admitted(socket, offered)
            check_role(admitted)
            await self._charge("s:" + admitted.caller.subject)
            await conversation.say({"type": "welcome", "until": admitted.until})
            await conversation.hold(admitted, lambda: self._charge("s:" + admitted.caller.subject))
        except OrderloomError as error:
            await conversation.say_problem(error)
            await socket.close(CODES.get(error.code, 4400))
        finally:
            await conversation.end()

    async def _admitted(self, socket: WebSocket, offered: list[str]) -> Admitted:
        token = next((one.removeprefix(BEARER) for one in offered if one.startswith(BEARER)), None)
        if token is None:
            try:
                async with asyncio.timeout(SECONDS_TO_SAY_WHO):
                    said = await receive(socket)
            except TimeoutError:
                raise Unauthenticated('Say who you are first: {"type": "authenticate", "token": …}.') from None
            token = said.get("token") if said.get("type") == "authenticate" else None
        try:
            authorization = f"Bearer {token}".encode() if isinstance(token, str) else None
            return await self._edge.authenticator.admit(authorization)
        except (Unauthenticated, UnicodeEncodeError):
            await self._charge(address_bucket(socket.scope))
            raise Unauthenticated("The access token is missing or not acceptable: get a new one.") from None

    async def _charge(self, bucket: str) -> None:
        if self._edge.limiter is not None and not (verdict := await self._edge.limiter.charge(bucket)).allowed:
            raise EdgeRefusal(f"Too much is asked: wait {verdict.retry_after} s.", code="rate_limited")

    def _problem(self, error: BaseException) -> Any:
        return self._edge.problems.response(error, instance=PATH, trace_id=new_trace().trace_id)


class Conversation:
    """One connection whose caller is known: its subscriptions, each with a task that sends for it."""

    def __init__(self, socket: WebSocket, opening: Opening, problem: Callable[[BaseException], Any]) -> None:
        self._socket = socket
        self._opening = opening
        self._problem = problem
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def hold(self, admitted: Admitted, charge: Callable[[], Awaitable[None]]) -> None:
        """Until the client goes or has to go."""
        reader = asyncio.create_task(self._read(admitted, charge))
        seconds = max(0.0, admitted.until - time.time())
        timer = asyncio.get_running_loop().call_later(seconds, self._end_with, REASONS["expired"])
        try:
            both: set[asyncio.Future[Any]] = {reader, self._over}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if self._over.done():
                # Who does not read gets no goodbye either: the connection is closed without waiting for it.
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self._socket.close(self._over.result())
            else:
                reader.result()
        finally:
            timer.cancel()
            reader.cancel()
            with suppress(asyncio.CancelledError, OrderloomError, WebSocketDisconnect, RuntimeError):
                await reader

    async def _read(self, admitted: Admitted, charge: Callable[[], Awaitable[None]]) -> None:
        while True:
            said = await receive(self._socket)
            await charge()
            try:
                subscription = await self._opened(admitted, said)
            except OrderloomError as error:
                if error.code in CODES:
                    raise
                await self.say_problem(error, said)
                continue
            try:
                await self.say({"type": "subscribed", **subscription.subject._asdict()})
            except BaseException:  # nobody would close it
                self._opening.streams.close(subscription)
                raise
            task = asyncio.create_task(self._send(subscription))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _opened(self, admitted: Admitted, said: dict[str, Any]) -> Subscription:
        match said:
            case {"type": "subscribe", "order_id": str(order_id), **rest}:
                return await self._opening.order(admitted, order_id, _since(rest))
            case {"type": "subscribe", "customer_id": str(customer), **rest}:
                return await self._opening.customer(admitted, customer, _since(rest))
        raise EdgeRefusal("Subscribe with an order_id or a customer_id.", code="malformed_request")

    async def _send(self, subscription: Subscription) -> None:
        try:
            await self._opening.streams.serve(subscription, self._send_all(subscription))
            if subscription.reason is not None:
                self._end_with(REASONS[subscription.reason])
        finally:
            self._opening.streams.close(subscription)

    async def _send_all(self, subscription: Subscription) -> None:
        about = {"kind": subscription.subject.kind, "of": subscription.subject.id}
        subject = orjson.dumps(about)[1:-1]
        while True:
            message = await subscription.next()
            head = orjson.dumps({"type": "event", "id": message.id, "event": message.event})[:-1]
            text = b"".join((head, b",", subject, b',"data":', message.data, b"}"))
            await self._socket.send_text(text.decode())

    def _end_with(self, code: int) -> None:
        if not self._over.done():
            self._over.set_result(code)

    async def say(self, what: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(what).decode())

    async def say_problem(self, error: OrderloomError, about: dict[str, Any] | None = None) -> None:
        problem = orjson.loads(bytes(self._problem(error).body))
        await self.say({"type": "problem", "problem": problem, "about": about})

    async def end(self) -> None:
        await cancelled(self._tasks)


async def receive(socket: WebSocket) -> dict[str, Any]:
    """One message: a JSON object. The server has bounded its size before it came here."""
    message = await socket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code", 1005))
    try:
        said = orjson.loads(message.get("text") or b"")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise EdgeRefusal("A message is a JSON object in a text frame.", code="malformed_request")
    return said


def _since(rest: dict[str, Any]) -> str | None:
    since = rest.get("since")
    return str(since) if since is not None else None
