"""One connection to Postgres for one thread of a worker: opened when it is needed, and no statement without a bound.

A server that is away, or a network that has swallowed a packet, costs the bound and is then `Unavailable`; the next
statement begins with a new connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import generators, waiting
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from eventing.postgres.connecting import conninfo, explained

T = TypeVar("T")
_SHORTEST_CONNECT = 2
"""Seconds; the driver waits no shorter."""


class _PatientConnection(psycopg.Connection[TupleRow]):
    patience: float = 30.0

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class Database:
    def __init__(self, url: str, *, application_name: str, patience: float, **session: str) -> None:
        timeout = f"{max(1, round(patience * 1000))}ms"
        self._conninfo = make_conninfo(
            conninfo(url, application_name=application_name, **{"statement_timeout": timeout, **session}),
            connect_timeout=max(_SHORTEST_CONNECT, round(patience)),
        )
        self._patience = patience
        self._connection: _PatientConnection | None = None
        self._followed: dict[str, bytes] = {}
        """Statements that this connection has prepared, by their names: Postgres tells apart 63 bytes of a name."""

    def query(self, sql: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement, which is committed when this returns; its rows, if it has any."""
        try:
            cursor = self._connected().cursor(binary=True)
            cursor.execute(sql, parameters, prepare=True)
            result = cursor.pgresult  # asking for the description would describe each column
            return cursor.fetchall() if result is not None and result.nfields else []
        except psycopg.Error as error:
            self.close()
            raise explained(error) from error

    def follow(self, sql: LiteralString, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        """`query` for what is asked all the time and mostly finds nothing, at a third of the cost.

        Its parameters are written as Postgres does (`$1::bigint`) and are numbers.
        """
        try:
            connection = self._connected()
            if (name := self._followed.get(sql)) is None:
                name = b"followed_%d" % len(self._followed)
                connection.pgconn.send_prepare(name, sql.encode())
                _answer(connection)
                self._followed[sql] = name
            values = [b"%d" % number for number in numbers]
            connection.pgconn.send_query_prepared(name, values, result_format=Format.BINARY)
            result = _answer(connection)
            return _rows(connection, result) if result.ntuples else []
        except psycopg.Error as error:
            self.close()
            raise explained(error) from error

    def close(self) -> None:
        self._followed.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> _PatientConnection:
        if self._connection is None:
            self._connection = _PatientConnection.connect(self._conninfo, autocommit=True)
            self._connection.patience = self._patience
        return self._connection


def _answer(connection: _PatientConnection) -> PGresult:
    result: PGresult
    answering = generators.execute(connection.pgconn)
    [result] = waiting.wait(answering, connection.pgconn.socket, connection.patience, connection.patience)
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise psycopg.errors.error_from_result(result)
    return result


def _rows(connection: _PatientConnection, result: PGresult) -> list[tuple[Any, ...]]:
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)
