from __future__ import annotations

import asyncio

import pytest

from benchmarks.contest import WrongResultError
from benchmarks.http.asking import Asking, header

GONE = b"HTTP/1.1 503 Busy\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nLocation: /v1/orders/one\r\ncontent-length: 2\r\n\r\n{}"


async def test_a_connection_that_was_closed_behind_an_answer_is_not_asked_again() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        first = connections == 1
        while await reader.read(100):
            writer.write(GONE if first else FINE)
            if first:
                break
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    asking = Asking("127.0.0.1", listening.sockets[0].getsockname()[1])
    with pytest.raises(WrongResultError, match="503 Busy"):
        await asking.ask(b"?")
    for _ in range(2):
        answered = await asyncio.wait_for(asking.ask(b"?"), 10)
        assert header(answered, b"location") == "/v1/orders/one"
    assert connections == 2
    asking.close()
    listening.close()
