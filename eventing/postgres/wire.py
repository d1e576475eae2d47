"""One connection used for prepared statements with binary parameters, one at a time, and for nothing else.

psycopg connects (addresses, TLS, passwords); the statements go to its libpq directly. What psycopg adds to a statement,
adapting parameters and rows and waiting anew for each, costs more than the whole round trip to a local server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

BINARY: Final = 1
_GOOD: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class ServerError(Exception):
    """The server refused a statement, and nothing of it took effect."""

    def __init__(self, sqlstate: str, message: str, detail: str, constraint: str) -> None:
        super().__init__(f"{message} ({sqlstate})")
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.constraint = constraint


class ConnectionLost(Exception):
    """The connection broke, before or after what was sent took effect."""


class Wire:
    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection
        self._pgconn: PGconn = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self._descriptor = self._pgconn.socket
        self._reply: asyncio.Future[PGresult] | None = None
        self._results: list[PGresult] = []
        self._broken = False
        # Kept for good: adding and removing it for each statement costs two system calls.
        self._loop.add_reader(self._descriptor, self._on_readable)

    @property
    def broken(self) -> bool:
        return self._broken

    async def prepare(self, name: bytes, statement: str, types: Sequence[int] | None = None) -> None:
        await self._ask(lambda: self._pgconn.send_prepare(name, statement.encode(), types))

    async def execute(self, name: bytes, parameters: Sequence[bytes | None]) -> PGresult:
        formats = [BINARY] * len(parameters)
        return await self._ask(lambda: self._pgconn.send_query_prepared(name, parameters, formats, BINARY))

    async def close(self) -> None:
        self._break("The connection was closed.")
        await self._connection.close()

    async def _ask(self, send: Callable[[], None]) -> PGresult:
        """Raises `ServerError` or `ConnectionLost`. Whoever stops waiting has to close the connection."""
        if self._broken:
            raise ConnectionLost("The connection is broken.")
        reply = self._reply = self._loop.create_future()
        try:
            send()
            self._flush()
        except psycopg.OperationalError as error:
            self._break(str(error))
        result: PGresult = await reply
        if result.status not in _GOOD:
            refused = server_error(result)
            if isinstance(refused, ConnectionLost):
                self._break(str(refused))
            raise refused
        return result

    def _flush(self) -> None:
        if self._pgconn.flush():
            self._loop.add_writer(self._descriptor, self._on_writable)

    def _on_writable(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._descriptor)
        except psycopg.OperationalError as error:
            self._break(str(error))

    def _on_readable(self) -> None:
        """Also called when the server goes away while nothing is asked."""
        try:
            self._pgconn.consume_input()
            while self._reply is not None and not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    return self._answer()
                self._results.append(result)
        except psycopg.OperationalError as error:
            self._break(str(error))
        return None

    def _answer(self) -> None:
        reply, self._reply = self._reply, None
        results, self._results = self._results, []
        if reply is not None and not reply.done():
            reply.set_result(results[-1])

    def _break(self, reason: str) -> None:
        if self._broken:
            return
        self._broken = True
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_exception(ConnectionLost(reason.strip()))


def server_error(result: PGresult) -> ServerError | ConnectionLost:
    def field(name: DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode(errors="replace")

    sqlstate = field(DiagnosticField.SQLSTATE)
    if not sqlstate or sqlstate.startswith(("57P", "08")):
        # The server is going away, and says so on its way out.
        return ConnectionLost(result.error_message.decode(errors="replace").strip())
    return ServerError(
        sqlstate,
        field(DiagnosticField.MESSAGE_PRIMARY),
        field(DiagnosticField.MESSAGE_DETAIL),
        field(DiagnosticField.CONSTRAINT_NAME),
    )
