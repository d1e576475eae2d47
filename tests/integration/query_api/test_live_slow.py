"""Listeners that take nothing are let go, and another one hears everything meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.support.queries.listening import closed_with, events_of, hear, say, take, talking
from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, query_api

pytestmark = pytest.mark.usefixtures("projector")

LET_GO = (4429, 1006)
"""Who reads again within a second is told why; later there is no connection any more."""


async def test_one_who_does_not_read_delays_nobody(platform: QueryPlatform, writer: Writer) -> None:
    customer = f"walt-{uuid4().hex[:8]}"
    path = f"/v1/customers/{customer}/live"
    async with query_api(platform, mutant="small_buffers") as api, aclosing(events_of(api, path, customer)) as stream:
        await writer.place(customer)
        await take(stream, 1)
        with await small_socket(api) as sleeper:
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {platform.token(customer)}\r\n\r\n"
            sleeper.sendall(request.encode())

            async def told() -> str:
                (event,) = await take(stream, 1)
                return str(event["data"]["order_id"])

            dropped = await flooded(api, writer, customer, told)
    assert dropped == 1


async def test_one_who_does_not_read_a_socket_delays_nobody(platform: QueryPlatform, writer: Writer) -> None:
    customer = f"wilma-{uuid4().hex[:8]}"
    async with query_api(platform, mutant="small_buffers") as api:
        with await small_socket(api) as own:
            # It takes one message from the connection, and no other before it is asked for; nor does it answer pings.
            deaf = talking(api, customer, sock=own, max_queue=1, ping_interval=None)
            async with talking(api, customer) as listener, deaf as sleeper:
                for each in (listener, sleeper):
                    await say(each, {"type": "subscribe", "customer_id": customer})
                    assert (await hear(each))["type"] == "subscribed"

                async def told() -> str:
                    return str((await hear(listener))["data"]["order_id"])

                dropped = await flooded(api, writer, customer, told)
                ended = await closed_with(sleeper)
    assert dropped == 1
    assert ended in LET_GO


async def flooded(api: QueryProcess, writer: Writer, customer: str, told: Callable[[], Awaitable[str]]) -> float:
    """How many were let go as soon as any was; each order was told to the one who listens."""
    async with asyncio.timeout(60):
        while not (dropped := await dropped_for(api, "slow")):
            made = await asyncio.gather(*(writer.place(customer, name="Wide mug " * 1000) for _ in range(8)))
            waiting = {order_id for order_id, _ in made}
            while waiting:
                waiting.discard(await told())
    return dropped


async def small_socket(api: QueryProcess) -> socket.socket:
    """One for which the kernel takes little that nobody reads."""
    where = urlsplit(api.address)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.to_thread(made.connect, (where.hostname, where.port))
    return made


async def dropped_for(api: QueryProcess, reason: str) -> float:
    metrics = (await api.http.get("/metrics")).text
    found = [
        line for line in metrics.splitlines() if line.startswith(f'orderloom_live_dropped_total{{reason="{reason}"')
    ]
    return float(found[0].split()[-1]) if found else 0.0
