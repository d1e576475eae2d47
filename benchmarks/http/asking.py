"""A server that is asked now and then, by several at once: whoever asks takes a free connection, or a new one."""

from __future__ import annotations

import asyncio

from benchmarks.contest import WrongResultError
from benchmarks.http.connection import Connection, connect
from benchmarks.http.stretch import SUCCESS


class Asking:
    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[Connection] = []
        self._asked: dict[Connection, asyncio.Future[bytes]] = {}

    async def ask(self, request: bytes) -> bytes:
        """The whole answer, of which the beginning says 2xx."""
        connection = self._idle.pop() if self._idle else await self._new()
        self._asked[connection] = asyncio.get_running_loop().create_future()
        connection.send(request)
        answer = await self._asked[connection]
        if not answer.startswith(SUCCESS):
            raise WrongResultError(f"{self._port} answered: {answer[:600].decode(errors='replace')}")
        return answer

    def close(self) -> None:
        for connection in self._idle:
            connection.close()

    async def _new(self) -> Connection:
        (made,) = await connect(self._host, self._port, 1, self._answered)
        return made

    def _answered(self, connection: Connection, answer: bytes) -> None:
        waiting = self._asked.pop(connection, None)
        if answer.startswith(SUCCESS):
            self._idle.append(connection)
        elif connection in self._idle:  # the server closes what is not used for long
            self._idle.remove(connection)
        else:  # behind an error it may close: nobody asks there again
            connection.close()
        if waiting is not None:
            waiting.set_result(answer)


def header(answer: bytes, name: bytes) -> str:
    head = answer.partition(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip().decode()
    raise WrongResultError(f"an answer has no {name.decode()}: {head.decode(errors='replace')}")
