"""Transactions of the saga in Postgres: one connection for one thread, and what is done in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from eventing.consuming import Mark, Move, Partition
from eventing.envelope import Recorded
from eventing.errors import OrderloomError, Refusal, Unavailable
from eventing.event_store import Append
from eventing.parking import Parking
from eventing.postgres.appending_within import append_within_blocking
from eventing.postgres.batch import Preparation
from eventing.postgres.connecting import conninfo, explained
from eventing.postgres.marks import move_marks, read_marks
from eventing.postgres.parking import PostgresParking
from eventing.postgres.sql import statement
from saga_choreography.adapters import deadlines, intents, stock
from saga_choreography.ports import Begun, Ended, Looked, OpenIntent, Passed

T = TypeVar("T")
_STREAMS: Final = statement("read_streams")
_STOOD_IN_THE_WAY: Final = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)
RAISED: Final = "OL001"


class _PatientConnection(psycopg.Connection[TupleRow]):
    patience: float = 30.0

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class PostgresWork:
    def __init__(self, connection: psycopg.Connection[Any], prepare: Preparation, consumer: str) -> None:
        self._connection = connection
        self._prepare = prepare
        self._consumer = consumer
        self.parking: Parking = PostgresParking(self.execute, consumer)

    def execute(self, sql: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor(binary=True)
        cursor.execute(sql, parameters, prepare=True)
        result = cursor.pgresult
        return cursor.fetchall() if result is not None and result.nfields else []

    def move_marks(self, moves: Sequence[Move]) -> None:
        move_marks(self.execute, self._consumer, moves)

    def load(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        for row in self.execute(_STREAMS, (list(found), None)) if found else ():
            found[row[1]].append(Recorded._make(row))
        return found

    def lock_levels(self, skus: Sequence[str]) -> Mapping[str, int]:
        return stock.lock_levels(self.execute, skus)

    def move_levels(self, deltas: Mapping[str, int]) -> None:
        stock.move_levels(self.execute, deltas)

    def open_intents(self, participant: str, opened: Sequence[OpenIntent]) -> None:
        intents.open_intents(self.execute, participant, opened)

    def close_intents(self, closed: Sequence[UUID]) -> None:
        intents.close_intents(self.execute, closed)

    def lock_passed(self, most: int) -> Sequence[Passed]:
        return deadlines.lock_passed(self.execute, most)

    def deadlines_fired(self, fired: Sequence[Passed]) -> None:
        deadlines.fired(self.execute, fired)

    def deadlines_ended(self, ended: Sequence[Passed]) -> None:
        deadlines.ended(self.execute, ended)

    def lock_watch(self) -> int | None:
        return deadlines.lock_watch(self.execute)

    def log_after(self, position: int, most: int) -> Sequence[Looked]:
        return deadlines.log_after(self.execute, position, most)

    def note_steps(self, begun: Sequence[Begun], ended: Sequence[Ended], closed: Sequence[str]) -> None:
        deadlines.note_steps(self.execute, begun, ended, closed)

    def move_watch(self, position: int) -> None:
        deadlines.move_watch(self.execute, position)

    def commit(self, appends: Sequence[Append]) -> None:
        if appends:
            append_within_blocking(self._connection, self._prepare, appends)
        else:
            self._connection.commit()


class PostgresTransactions:
    work: type[PostgresWork] = PostgresWork

    def __init__(self, url: str, prepare: Preparation, consumer: str, *, patience: float = 10.0) -> None:
        timeout = {"statement_timeout": f"{round(patience * 1000)}ms"}
        name = f"orderloom {consumer}"
        self._conninfo = make_conninfo(
            conninfo(url, application_name=name, **timeout), connect_timeout=max(2, round(patience))
        )
        self._patience = patience
        self._prepare = prepare
        self._consumer = consumer
        self._connection: _PatientConnection | None = None

    @contextmanager
    def begin(self) -> Iterator[PostgresWork]:
        try:
            connection = self._connected()
            yield self.work(connection, self._prepare, self._consumer)
        except psycopg.Error as error:
            self._give_up(keep=isinstance(error, _STOOD_IN_THE_WAY))
            raise told(error) from error
        except Unavailable as error:
            self._give_up(keep="stored" not in error.facts)
            raise
        except BaseException:
            self._give_up(keep=True)
            raise
        else:
            self._give_up(keep=True)

    def read_marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        with self.begin() as work:
            return read_marks(work.execute, self._consumer, partitions)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> _PatientConnection:
        if self._connection is None or self._connection.closed:
            self._connection = _PatientConnection.connect(self._conninfo)
            self._connection.patience = self._patience
        return self._connection

    def _give_up(self, *, keep: bool) -> None:
        """What was not committed is taken back; a connection that is in doubt is not used again."""
        if self._connection is None:
            return
        try:
            if keep:
                self._connection.rollback()
                return
        except psycopg.Error:
            pass
        self.close()


def told(error: psycopg.Error) -> OrderloomError:
    """What the database's error means for whoever runs the transaction: try anew, or never."""
    if isinstance(error, _STOOD_IN_THE_WAY):
        return Unavailable(f"Somebody stood in the way ({error.diag.message_primary}).", retry_after=0.05)
    if error.sqlstate == RAISED:
        return Refusal(error.diag.message_primary, code=error.diag.message_detail or "refused")
    if isinstance(error, psycopg.errors.IntegrityError):
        return Refusal(f"This breaks the rule {error.diag.constraint_name}.", code="rule_broken")
    if isinstance(error, psycopg.DataError):
        return Refusal(f"The database refuses this: {error.diag.message_primary}.", code="unstorable")
    return explained(error)
