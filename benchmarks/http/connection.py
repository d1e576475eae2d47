"""A keep-alive connection with one request in flight, at as little cost a request as Python allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

CLOSED = b"the server closed the connection"
CHUNKED = b"\r\ntransfer-encoding: chunked"
LAST_CHUNK = b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    def __init__(self, answered: Callable[[Connection, bytes], None]) -> None:
        self._answered = answered
        self._received = b""
        self._closing = False
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class

    def send(self, request: bytes) -> None:
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if is_whole(self._received):
            answer, self._received = self._received, b""
            self._answered(self, answer)

    def close(self) -> None:
        self._closing = True
        self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._closing:
            self._answered(self, CLOSED)


def is_whole(data: bytes) -> bool:
    """The headers have ended, and as much of a body is there as they say, or its last chunk."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    head = head.lower()
    if CHUNKED in head:
        return body.endswith(LAST_CHUNK)  # JSON has no line feed that could look like one
    _, said, rest = head.partition(b"content-length:")
    return bool(said) and len(body) >= int(rest.partition(b"\r\n")[0])


async def connect(host: str, port: int, count: int, answered: Callable[[Connection, bytes], None]) -> list[Connection]:
    create = asyncio.get_running_loop().create_connection
    made = await asyncio.gather(*(create(lambda: Connection(answered), host, port) for _ in range(count)))
    return [connection for _, connection in made]
