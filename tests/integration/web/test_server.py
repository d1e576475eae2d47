"""The server as a process: nothing accepted is lost when it stops, and no client can hold it up."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest

from eventing.errors import Misconfigured
from eventing.web import protocol
from eventing.web.door import Door, listen
from tests.integration.web.conftest import Serve, Served
from tests.support.web import DRAIN_SECONDS, MILK

KILLED = 10
PATIENCE = 60.0
"""With what comes at once on a machine that has nothing else to do."""


async def post_for_ever(served: Served, name: str, told: list[str], started: asyncio.Event) -> None:
    """One client, its own connections: notes are posted until nobody listens any more."""
    number = 0
    async with httpx.AsyncClient(base_url=served.address, headers=served.headers, timeout=PATIENCE) as client:
        while True:
            text = f"{name}-{number}"
            try:
                answer = await client.post("/v1/notes", json={**MILK, "text": text})
            except httpx.TransportError:
                return
            assert answer.status_code == 201, answer.text
            told.append(text)
            number += 1
            if len(told) > 200:
                started.set()


async def told_until(served: Served, end: signal.Signals) -> list[str]:
    """What twenty busy clients were told, when the server is sent this signal amid the load."""
    told: list[str] = []
    started = asyncio.Event()
    clients = [asyncio.create_task(post_for_ever(served, f"client-{n}", told, started)) for n in range(20)]
    await started.wait()
    served.process.send_signal(end)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*clients)
    return told


async def test_nothing_that_was_accepted_is_lost_when_the_server_stops_under_load(served: Served) -> None:
    told = await told_until(served, signal.SIGTERM)
    assert await asyncio.to_thread(served.process.wait, PATIENCE) == 0
    # then what was done and what was answered are the same
    assert sorted(told) == sorted(served.accepted())


async def test_a_server_that_just_ends_owes_answers(serve: Serve) -> None:
    """The mutant: without a shutdown that waits, work was done and nobody was told. Some of them die between two."""
    for _ in range(KILLED):
        served = serve()
        told = await told_until(served, signal.SIGKILL)
        if set(told) < set(served.accepted()):
            return
        served.ledger.unlink()
    pytest.fail(f"{KILLED} servers were killed under load, and none owed an answer")


async def test_a_request_under_way_is_answered_after_the_signal(served: Served) -> None:
    """Its body is still arriving when the door closes."""
    body = json.dumps({**MILK, "text": "under way"}).encode()
    async with connection_to(served.port) as (reader, writer):
        writer.write(head_of_a_note(served, f"Content-Length: {len(body)}") + body[:10])
        await writer.drain()
        await answers(served, "/livez")
        served.process.send_signal(signal.SIGTERM)
        await refuses_connections(served)
        writer.write(body[10:])
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"connection: close" in answer
    assert served.accepted() == ["under way"]
    assert await asyncio.to_thread(served.process.wait, PATIENCE) == 0


async def test_readiness_ends_before_the_door_closes(serve: Serve) -> None:
    served = serve(notice_seconds=PATIENCE)
    served.process.send_signal(signal.SIGTERM)
    async with httpx.AsyncClient(base_url=served.address, headers=served.headers, timeout=PATIENCE) as client:
        async with asyncio.timeout(PATIENCE):
            while (await client.get("/readyz")).status_code == 200:
                """The signal is on its way."""
        # who comes in the time of notice is served, and sent elsewhere for the next request
        answer = await client.post("/v1/notes", json=MILK)
    assert answer.status_code == 201
    assert answer.headers["connection"] == "close"


async def test_a_second_signal_ends_it_at_once(served: Served) -> None:
    async with connection_to(served.port) as (_, writer):
        writer.write(head_of_a_note(served, "Content-Length: 1000"))
        await writer.drain()
        await answers(served, "/livez")
        served.process.send_signal(signal.SIGINT)
        await refuses_connections(served)
        served.process.send_signal(signal.SIGINT)
        # then it does not wait for the request as long as it would have
        assert await asyncio.to_thread(served.process.wait, DRAIN_SECONDS / 2) == -signal.SIGINT


@asynccontextmanager
async def connection_to(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def head_of_a_note(served: Served, length: str) -> bytes:
    lines = ("POST /v1/notes HTTP/1.1", "Host: notes", f"Authorization: Bearer {served.token}")
    return "\r\n".join((*lines, "Content-Type: application/json", length, "", "")).encode()


async def answers(served: Served, path: str) -> int:
    async with httpx.AsyncClient(base_url=served.address, timeout=PATIENCE) as client:
        return (await client.get(path)).status_code


async def refuses_connections(served: Served) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await answers(served, "/livez")
            except httpx.ConnectError:
                return
            except httpx.TransportError:
                """It was let in while the door was closing, and sent away unheard."""


def test_a_taken_port_is_one_sentence_that_names_the_setting(served: Served) -> None:
    with pytest.raises(Misconfigured, match=rf"Port {served.port} is taken.* set ORDERS_COMMAND_API__PORT") as refused:
        listen(Door("127.0.0.1", served.port, "ORDERS_COMMAND_API__PORT"))
    assert "\n" not in str(refused.value)


def test_a_host_that_is_not_ours_names_the_setting() -> None:
    with pytest.raises(Misconfigured, match="set ORDERS_COMMAND_API__HOST"):
        listen(Door("192.0.2.1", 0, "ORDERS_COMMAND_API__PORT"))


async def exchange(port: int, data: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    async with connection_to(port) as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(data)
        return await reader.read()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"GARBAGE\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed_request"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "malformed_request",
        ),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", 431, "headers_too_large"),
    ],
)
async def test_what_is_no_acceptable_http_is_answered_by_a_problem(
    served: Served, data: bytes, status: int, code: str
) -> None:
    head, _, body = (await exchange(served.port, data)).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code
    # and the server goes on
    assert await answers(served, "/livez") == 200


async def test_an_endless_body_in_chunks_is_cut_off(served: Served) -> None:
    async def send(writer: asyncio.StreamWriter) -> int:
        sent = 0
        with suppress(ConnectionError):
            while sent < 200_000_000:
                writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
                await writer.drain()
                sent += 65536
        return sent

    async with connection_to(served.port) as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(head_of_a_note(served, "Transfer-Encoding: chunked"))
        sending = asyncio.create_task(send(writer))
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        # the server does not read what it will not use
        assert await sending < 50_000_000


async def test_a_client_that_is_slow_with_its_headers_is_let_go(served: Served) -> None:
    started = time.monotonic()

    async def trickle(writer: asyncio.StreamWriter) -> None:
        """Four times a second a byte: the time counts from the first one."""
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.25)

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connection_to(served.port)) for _ in range(3)]
        for number, (_, writer) in enumerate(clients):
            writer.write(b"GET / HTTP/1.1\r\nX-Slow: "[: number * 12])
        trickling = asyncio.create_task(trickle(clients[2][1]))
        async with asyncio.timeout(protocol.SECONDS_FOR_HEADERS + PATIENCE):
            ends = [await reader.readline() for reader, _ in clients]
        trickling.cancel()
    assert all(end.startswith(b"HTTP/1.1 408 ") for end in ends)
    assert time.monotonic() - started >= protocol.SECONDS_FOR_HEADERS - 1


async def test_more_connections_than_can_be_served_are_turned_away(serve: Serve) -> None:
    served = serve(connections=20)
    ask = b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n"
    async with AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(connection_to(served.port))
        refused = await exchange(served.port, ask)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in refused
    # when the others have left, there is room again
    async with asyncio.timeout(PATIENCE):
        while not (await exchange(served.port, ask)).startswith(b"HTTP/1.1 200"):
            """The server has yet to hear of it."""


def test_many_requests_on_one_connection_are_answered_in_order(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + last)
        connection.settimeout(PATIENCE)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 ") == 50
    assert received.rindex(b"HTTP/1.1 404 ") > received.rindex(b"HTTP/1.1 200 ")
