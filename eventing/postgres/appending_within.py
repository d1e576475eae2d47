"""Appending inside a transaction of one's own, as its last act.

A saga participant moves its position, changes rows and appends events in one transaction. The lock of the log has to be
the last lock that it takes and must not be held while anybody thinks, so the append and the COMMIT leave together: the
server carries out both without waiting for the client in between, even if that is paused or dies right then.

    async with await connect(url) as connection:
        await connection.set_autocommit(False)
        ...                                               # whatever else belongs to it, with its row locks
        await append_within(connection, preparation, appends)   # and it is committed
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from eventing.errors import Conflict, OrderloomError, Refusal, Unavailable
from eventing.event_store import Append, Appended
from eventing.postgres.batch import PARAMETER_TYPES, Preparation, Prepared, answer_of, outcomes, parameters
from eventing.postgres.refusals import NOT_CARRIED_OUT, refusal_of
from eventing.postgres.sql import statement
from eventing.postgres.wire import BINARY, ConnectionLost, server_error

_APPEND: Final = statement("append_events").encode()
_FORMATS: Final = [BINARY] * len(PARAMETER_TYPES)
_TRY_AGAIN: Final = ("40001", "40P01", "55P03", "57014", "53")


async def append_within(
    connection: psycopg.AsyncConnection[Any], prepare: Preparation, appends: Sequence[Append]
) -> Sequence[Appended]:
    """Appends all and commits, or none: then the whole transaction is rolled back. An append that goes on in the stream
    of an earlier one, at the version where that leaves it, becomes one with it.

    Raises `Conflict` or `Refusal`; `Unavailable` where trying the transaction anew may help, with `stored="unknown"`
    where the connection was lost and it may have been committed.
    """
    batch = _prepared(prepare, appends)
    try:
        result = await connection.wait(_append_and_commit(connection.pgconn, parameters(batch, all_or_nothing=True)))
    except psycopg.OperationalError as error:
        raise _unknown(error) from error
    if result.status != ExecStatus.TUPLES_OK:
        await connection.rollback()
        raise _error(result)
    return _appended(batch, result)


def append_within_blocking(
    connection: psycopg.Connection[Any], prepare: Preparation, appends: Sequence[Append]
) -> Sequence[Appended]:
    """The same for a process that works without asyncio."""
    batch = _prepared(prepare, appends)
    try:
        result = connection.wait(_append_and_commit(connection.pgconn, parameters(batch, all_or_nothing=True)))
    except psycopg.OperationalError as error:
        raise _unknown(error) from error
    if result.status != ExecStatus.TUPLES_OK:
        connection.rollback()
        raise _error(result)
    return _appended(batch, result)


def _prepared(prepare: Preparation, appends: Sequence[Append]) -> list[Prepared]:
    batch = _joined([prepare(append) for append in appends])
    touched: set[str] = set()
    written: set[str] = set()
    for item in batch:
        if not (touched.isdisjoint(item.written) and written.isdisjoint(item.streams)):
            raise Refusal("Two appends of one transaction can't share a stream: make them one.", code="stream_twice")
        touched.update(item.streams)
        written.update(item.written)
    return batch


def _joined(items: Sequence[Prepared]) -> list[Prepared]:
    """Those that go on where an earlier one ends become one with it."""
    found: list[Prepared] = []
    writers: dict[str, Prepared] = {}
    for item in items:
        earlier = writers.get(item.written[0]) if len(item.written) == 1 else None
        if earlier is None or not earlier.followed_by(item):
            found.append(item)
            writers.update(dict.fromkeys(item.written, item))
    return found


def _append_and_commit(pgconn: PGconn, arguments: Sequence[bytes]) -> PQGen[PGresult]:
    """The COMMIT is skipped by the server if the append fails, and so is nothing else."""
    pgconn.enter_pipeline_mode()
    pgconn.send_query_params(_APPEND, arguments, PARAMETER_TYPES, _FORMATS, BINARY)
    pgconn.send_query_params(b"COMMIT", None)
    pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    appended: PGresult
    committed: PGresult
    (appended,) = yield from generators.fetch_many(pgconn)
    (committed,) = yield from generators.fetch_many(pgconn)
    yield from generators.fetch_many(pgconn)
    pgconn.exit_pipeline_mode()
    return committed if committed.status == ExecStatus.FATAL_ERROR else appended


def _appended(batch: Sequence[Prepared], result: PGresult) -> list[Appended]:
    row = [result.get_value(0, column) or b"" for column in range(result.nfields)]
    return [outcome for outcome in outcomes(batch, answer_of(*row)) if isinstance(outcome, Appended)]


def _error(result: PGresult) -> OrderloomError:
    error = server_error(result)
    if isinstance(error, ConnectionLost):
        return _unknown(error)
    if error.sqlstate == NOT_CARRIED_OUT:
        facts = json.loads(error.detail)
        return Conflict(**facts) if facts else Refusal("This was done before under its key.", code="done_before")
    if error.sqlstate.startswith(_TRY_AGAIN):
        return Unavailable(f"Somebody stood in the way ({error}): try the transaction anew.", retry_after=0.05)
    return refusal_of(error)


def _unknown(error: Exception) -> Unavailable:
    return Unavailable(
        f"The connection was lost ({str(error).strip()}), and whether it was committed is not known.", stored="unknown"
    )
