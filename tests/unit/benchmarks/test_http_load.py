from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice

import pytest

from benchmarks.contest import WrongResultError
from benchmarks.http.connection import is_whole
from benchmarks.http.load import Questions, Target, http_load
from benchmarks.http.requests import asking, requests

CREATED = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 422 Unprocessable\r\ncontent-length: 7\r\n\r\nno SKUs"
Answer = Callable[[bytes], Awaitable[bytes]]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[Target]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            writer.write(await answer(head + await reader.readexactly(length)))

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(until_gone, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield Target("orders", "127.0.0.1", port, "/v1/orders", ['{"n":1}', '{"n":2}'], ["ann", "bob", "eve"])
    listening.close()


def test_every_request_has_a_key_of_its_own_and_the_next_body_and_token() -> None:
    first = list(islice(requests("h:1", "/v1/orders", ["A", "BB"], ["ann", "bob", "eve"]), 6))

    keys = [request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for request in first]
    assert len(set(keys)) == 6
    assert [request.rpartition(b"\r\n\r\n")[2] for request in first[:3]] == [b"A", b"BB", b"A"]
    assert [b"Bearer eve" in request for request in first] == [False, False, True, False, False, True]
    assert b"Content-Length: 2\r\n" in first[1]


def test_an_answer_is_whole_when_its_body_is() -> None:
    assert is_whole(CREATED)
    assert not any(is_whole(CREATED[:cut]) for cut in range(len(CREATED)))


async def test_a_closed_loop_counts_what_the_server_acknowledged() -> None:
    served = 0

    async def create(_: bytes) -> bytes:
        nonlocal served
        served += 1
        return CREATED

    async with server(create) as target, http_load() as load:
        await load.aim(target)
        sample = await load.closed(target, connections=4, seconds=0.5)

    assert sample.events == served > 4


async def test_an_open_loop_counts_from_when_a_request_was_due() -> None:
    async def create_slowly(_: bytes) -> bytes:
        await asyncio.sleep(0.02)
        return CREATED

    async with server(create_slowly) as target, http_load() as load:
        await load.aim(target)
        # One connection answers fifty a second, and two hundred are due: who is late has waited in line.
        sample = await load.open(target, connections=1, seconds=0.3, rate=200)

    assert max(sample.latencies) > 0.3
    assert sample.latencies[0] < max(sample.latencies) / 2


async def test_a_refusal_is_not_taken_for_speed() -> None:
    async def refuse(_: bytes) -> bytes:
        return REFUSED

    async with server(refuse) as target, http_load() as load:
        await load.aim(target)
        with pytest.raises(WrongResultError, match="422 Unprocessable"):
            await load.closed(target, connections=2, seconds=5)


def test_an_answer_in_chunks_is_whole_with_its_last_one() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"

    assert is_whole(chunked)
    assert not any(is_whole(chunked[:cut]) for cut in range(len(chunked)))


async def test_ready_questions_are_sent_in_turn_and_a_wrong_answer_is_no_speed() -> None:
    asked: list[bytes] = []

    async def answer(request: bytes) -> bytes:
        asked.append(request)
        return CREATED if b"two" not in request else CREATED.replace(b"{}", b"[]")

    async with server(answer) as target, http_load() as load:
        host = f"{target.host}:{target.port}"
        ready = [asking(host, "/", "one"), asking(host, "/", "two")]
        await load.aim(Questions("right", target.host, target.port, ready))
        assert (await load.closed(Questions("right", "", 0, ()), connections=1, seconds=1)).events >= 2
        await load.aim(Questions("wrong", target.host, target.port, ready, "{}"))
        with pytest.raises(WrongResultError, match=r"wrong answered: .*201 Created"):
            await load.closed(Questions("wrong", "", 0, ()), connections=1, seconds=5)
    assert [request.rpartition(b"\r\n\r\n")[2] for request in asked[:3]] == [b"one", b"two", b"one"]
