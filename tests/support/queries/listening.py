"""Listeners to live streams: by server-sent events, and on websockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from eventing.web.auth import Role
from tests.support.queries.platform import QueryProcess

PATIENCE = 60


async def events_of(api: QueryProcess, path: str, subject: str, **headers: str) -> AsyncGenerator[dict[str, Any], None]:
    token = api.platform.token(subject)
    sent = {"authorization": f"Bearer {token}", **headers}
    async with api.http.stream("GET", path, headers=sent) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        found: dict[str, Any] = {}
        async for line in answer.aiter_lines():
            if not line and "data" in found:
                yield {**found, "data": json.loads(found["data"])}
                found = {}
            elif line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                found[name] = value


async def take(stream: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(count)]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def socket_address(api: QueryProcess) -> str:
    return api.address.replace("http://", "ws://") + "/v1/live"


def protocols(token: str) -> Any:
    return ["orderloom.v1", f"bearer.{token}"]


@asynccontextmanager
async def talking(
    api: QueryProcess, subject: str, *roles: Role, seconds: int = 900, **how: Any
) -> AsyncIterator[ClientConnection]:
    async with connect(socket_address(api), compression=None, **how) as connection:
        token = api.platform.token(subject, *roles, seconds=seconds)
        await say(connection, {"type": "authenticate", "token": token})
        assert (await hear(connection))["type"] == "welcome"
        yield connection


async def say(connection: ClientConnection, what: dict[str, Any]) -> None:
    await connection.send(json.dumps(what))


async def hear(connection: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
    return found


async def closed_with(connection: ClientConnection) -> int:
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionClosed):
            while True:
                await connection.recv()
    assert connection.close_code is not None
    return connection.close_code
