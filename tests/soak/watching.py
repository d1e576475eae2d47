"""A customer who watches an order to its end: by server-sent events or on a websocket, and again after each break."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import aiohttp

from tests.soak.journal import Journal
from tests.soak.shop import Customer

ENDS = frozenset({"order.confirmed", "order.failed", "order.cancelled"})
PATIENCE = 120.0
SILENCE = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)
"""Seconds between two signs of life of a stream."""
PAUSE = 0.5


class Told(NamedTuple):
    position: int
    event: str
    version: int
    text: str


async def watch(
    http: aiohttp.ClientSession, apis: Sequence[str], customer: Customer, order: str, journal: Journal, whim: float
) -> None:
    """Writes down each version of the order's own stream that was shown, in the order in which it was."""
    by = _by_events if whim < 0.5 else _on_a_socket
    facts: dict[str, Any] = {"customer": customer.name, "order": order, "by": by.__name__.strip("_")}
    call = journal.begin(customer.name, "watch", **facts)
    shown: list[Told] = []
    connections = 0
    try:
        async with asyncio.timeout(PATIENCE):
            for connections in itertools.count(1):
                api = apis[(int(whim * 1000) + connections) % len(apis)]
                since = shown[-1].position if shown else None
                if await _listen(by(http, api, customer, order, since), shown):
                    break
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        journal.end(customer.name, call, "watch", "info", **facts, connections=connections)
        return
    versions = [told.version for told in shown if told.event.startswith("order.")]
    text = "\n".join(told.text for told in shown)[:4000]
    facts |= {"versions": versions, "version": versions[-1], "connections": connections, "text": text}
    journal.end(customer.name, call, "watch", "ok", **facts)


async def _listen(stream: AsyncIterator[Told], shown: list[Told]) -> bool:
    """Whether the end was shown before the connection broke."""
    try:
        async with aclosing(stream) as listening:  # type: ignore[type-var]
            async for told in listening:
                shown.append(told)
                if told.event in ENDS:
                    return True
    except (aiohttp.ClientError, ConnectionError):
        pass
    return False


async def _by_events(
    http: aiohttp.ClientSession, api: str, customer: Customer, order: str, since: int | None
) -> AsyncIterator[Told]:
    headers = {"Authorization": f"Bearer {customer.token}", "Accept": "text/event-stream"}
    if since is not None:
        headers["Last-Event-ID"] = str(since)
    async with http.get(f"{api}/v1/orders/{order}/live", headers=headers, timeout=SILENCE) as answer:
        if answer.status != 200:
            return
        found: dict[str, str] = {}
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if not line and "data" in found and found.get("event") != "end":
                yield _told(found["id"], found["event"], json.loads(found["data"]), found["data"])
            if not line:
                found = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                found[name] = value


async def _on_a_socket(
    http: aiohttp.ClientSession, api: str, customer: Customer, order: str, since: int | None
) -> AsyncIterator[Told]:
    address = api.replace("http://", "ws://") + "/v1/live"
    protocols = ("orderloom.v1", f"bearer.{customer.token}")
    timeout = aiohttp.ClientWSTimeout(ws_receive=40)
    async with http.ws_connect(address, protocols=protocols, timeout=timeout, heartbeat=15) as socket:
        wanted = {"type": "subscribe", "order_id": order}
        await socket.send_json(wanted if since is None else {**wanted, "since": str(since)})
        async for message in socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                return
            said = json.loads(message.data)
            if said["type"] == "event":
                yield _told(said["id"], said["event"], said["data"], message.data)
            elif said["type"] == "problem":
                return


def _told(position: str, event: str, data: dict[str, Any], text: str) -> Told:
    return Told(int(position), event, int(data["version"]), text)
