"""Sends batches of the appender to PostgreSQL over one connection, and makes a new one when that is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg.pq.abc import PGresult

from eventing.appender import BadBatch, Contended, Lost, Outcome, Unreachable
from eventing.errors import Misconfigured, Unavailable
from eventing.event_store import AlreadyDone, Appended, Idempotency
from eventing.postgres import batch as batches
from eventing.postgres.arrays import ARRAY_OF, TEXT, UUID_OID, array, timestamp, uuid
from eventing.postgres.batch import Prepared
from eventing.postgres.connecting import connect
from eventing.postgres.refusals import refusal_of
from eventing.postgres.sql import statement
from eventing.postgres.wire import ConnectionLost, ServerError, Wire

_APPEND: Final = b"append_events"
_FIND: Final = b"find_events"
_RECALL: Final = b"recall_done"
_FREE: Final = b"free_log"

_STATEMENTS: Final[dict[bytes, Sequence[int]]] = {
    _APPEND: batches.PARAMETER_TYPES,
    _FIND: (ARRAY_OF[UUID_OID],),
    _RECALL: (TEXT, TEXT),
    _FREE: (),
}

# Somebody else's lock, a deadlock, a moved head, a statement that took too long: not the batch's own fault.
_CONTENDED: Final = ("40001", "40P01", "55P03", "57014")
# Somebody wrote to the log without its lock. The head is another one now.
_TAKEN: Final = ("events_stream_version", "events_pkey")
_LOCK_NOT_AVAILABLE: Final = "55P03"
# Disk full, out of memory, I/O errors: splitting the batch would not help.
_EXHAUSTED: Final = ("53", "58")
# After a failover the old primary takes no writes, and a pooler may have changed the session behind the address.
_ELSEWHERE: Final = ("25006", "26000")
_NO_SUCH: Final = ("42883", "42P01", "42704")

ANSWER_TIMEOUT: Final = 15.0
"""Seconds after which a server that says nothing is taken for gone. Longer than it may wait for the log's lock."""


class PostgresSender:
    def __init__(self, url: str, *, answer_timeout: float = ANSWER_TIMEOUT) -> None:
        self._url = url
        self._answer_timeout = answer_timeout
        self._wire: Wire | None = None

    async def send(self, batch: Sequence[Prepared]) -> Sequence[Outcome]:
        try:
            result = await self._execute(_APPEND, batches.parameters(batch))
        except ServerError as error:
            raise await self._classified(error) from error
        found = batches.outcomes(batch, batches.answer_of(*_row(result, 0)))
        return [
            await self._recalled(item.idempotency) if outcome is None else outcome
            for item, outcome in zip(batch, found, strict=True)
        ]

    async def find(self, batch: Sequence[Prepared]) -> Sequence[Appended | None]:
        ids = [event_id for item in batch for event_id in item.event_ids]
        if not ids:
            return [None] * len(batch)
        result = await self._execute(_FIND, [array(UUID_OID, len(ids), map(uuid, ids))])
        stored = {row[0]: row for row in map(_stored, _rows(result))}
        return [batches.found(item, stored) for item in batch]

    async def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def _execute(self, name: bytes, parameters: Sequence[bytes]) -> PGresult:
        wire = self._wire if self._wire is not None and not self._wire.broken else await self._connect()
        try:
            async with asyncio.timeout(self._answer_timeout):
                return await wire.execute(name, parameters)
        except (ConnectionLost, TimeoutError) as error:
            await self.close()
            raise Lost(str(error)) from error
        except asyncio.CancelledError:
            await self.close()
            raise

    async def _connect(self) -> Wire:
        await self.close()
        try:
            wire = Wire(await connect(self._url, application_name="orderloom append"))
        except Unavailable as error:
            raise Unreachable(str(error)) from error
        try:
            for name, types in _STATEMENTS.items():
                await wire.prepare(name, statement(name.decode()), types)
        except (ConnectionLost, ServerError) as error:
            await wire.close()
            if isinstance(error, ServerError) and error.sqlstate in _NO_SUCH:
                raise Misconfigured("The database lacks the event store: run `orders db upgrade`.") from error
            raise Unreachable(str(error)) from error
        self._wire = wire
        return wire

    async def _recalled(self, asked: Idempotency | None) -> AlreadyDone | Unavailable:
        assert asked is not None
        result = await self._execute(_RECALL, [asked.scope.encode(), asked.key.encode()])
        if result.ntuples == 0:
            return Unavailable("The kept answer expired at this very moment: send it again.")
        position, fingerprint, answer, recorded_at = _row(result, 0)
        return AlreadyDone(_bigint(position), bytes(fingerprint), bytes(answer), timestamp(recorded_at))

    async def _classified(self, error: ServerError) -> Exception:
        if error.sqlstate == _LOCK_NOT_AVAILABLE:
            await self._execute(_FREE, [])
        if error.sqlstate in _CONTENDED or error.constraint in _TAKEN:
            return Contended(str(error))
        if error.sqlstate in _ELSEWHERE:
            await self.close()
            return Unreachable(str(error))
        if error.sqlstate[:2] in _EXHAUSTED:
            return Unavailable(f"Postgres has run out of something: {error.message}.", retry_after=5.0)
        return BadBatch(refusal_of(error))


def _rows(result: PGresult) -> list[tuple[Any, ...]]:
    return [_row(result, n) for n in range(result.ntuples)]


def _row(result: PGresult, n: int) -> tuple[Any, ...]:
    return tuple(result.get_value(n, column) for column in range(result.nfields))


def _stored(row: tuple[Any, ...]) -> batches.Stored:
    event_id, position, version, recorded_at = row
    return batches.Stored(UUID(bytes=event_id), _bigint(position), _bigint(version), timestamp(recorded_at))


def _bigint(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)
