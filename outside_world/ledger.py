"""What really happened: a file that outlives its process, to which lines are added and never changed.

An effect is on the disk before anybody hears of it. A key has one effect for ever, and what is undone is undone once:
the database refuses anything else. Calls are written down too, those that had no effect and those that failed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from eventing.errors import Misconfigured

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS owner (service TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effects (
    position  INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    operation TEXT NOT NULL,
    key       TEXT NOT NULL,
    status    TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    undoes    TEXT UNIQUE REFERENCES effects (reference),
    order_id  TEXT,
    amount    INTEGER,
    currency  TEXT,
    question  TEXT NOT NULL,
    answer    TEXT NOT NULL,
    UNIQUE (operation, key)
);
CREATE TABLE IF NOT EXISTS calls (
    position  INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    operation TEXT NOT NULL,
    key       TEXT NOT NULL,
    attempt   INTEGER NOT NULL,
    fault     TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_key ON calls (operation, key);
CREATE TRIGGER IF NOT EXISTS effects_stay BEFORE UPDATE ON effects
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER IF NOT EXISTS effects_remain BEFORE DELETE ON effects
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
"""
_COLUMNS: Final = "operation, key, status, reference, question, answer, undoes, order_id, amount, currency"
_MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Effect:
    operation: str
    key: str
    status: str
    reference: str
    question: dict[str, Any]
    answer: dict[str, Any]
    undoes: str | None = None
    order_id: str | None = None
    amount: int | None = None
    currency: str | None = None


class Ledger:
    def __init__(self, file: Path, service: str) -> None:
        self.file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, isolation_level=None, timeout=10)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(file, error) from None
        try:
            self._prepare()
            owner = self._owner(service)
        except sqlite3.Error as error:
            self.close()
            raise _unusable(file, error) from None
        if owner != service:
            self.close()
            raise Misconfigured(f"{file} is the ledger of {owner}, not of {service}: give another file with --ledger.")

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # With NORMAL, the default of WAL in many builds, a power cut would take what was already answered.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def _owner(self, service: str) -> str:
        with self.transaction():
            found = self._connection.execute("SELECT service FROM owner").fetchone()
            if found is None:
                self._connection.execute("INSERT INTO owner VALUES (?)", (service,))
            return service if found is None else str(found[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begins with the right to write, so that what is read inside is still so when it is written."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def note_call(self, operation: str, key: str, attempt: int, fault: str | None) -> None:
        self._connection.execute(
            "INSERT INTO calls (at, operation, key, attempt, fault) VALUES (?, ?, ?, ?, ?)",
            (_now(), operation, key, attempt, fault),
        )

    def calls_so_far(self, operation: str, key: str) -> int:
        counted = self._connection.execute(
            "SELECT count(*) FROM calls WHERE operation = ? AND key = ?", (operation, key)
        )
        return int(counted.fetchone()[0])

    def add(self, effect: Effect) -> None:
        self._connection.execute(
            "INSERT INTO effects (at, operation, key, status, reference, undoes, order_id, amount, currency, question,"
            " answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                _now(),
                effect.operation,
                effect.key,
                effect.status,
                effect.reference,
                effect.undoes,
                effect.order_id,
                effect.amount,
                effect.currency,
                json.dumps(effect.question, sort_keys=True),
                json.dumps(effect.answer, sort_keys=True),
            ),
        )

    def under_key(self, operation: str, key: str) -> Effect | None:
        return self._one("operation = ? AND key = ?", operation, key)

    def named(self, operation: str, reference: str) -> Effect | None:
        return self._one("operation = ? AND reference = ?", operation, reference)

    def undoing(self, reference: str) -> Effect | None:
        return self._one("undoes = ?", reference)

    def rows(self, table: str, after: int) -> list[dict[str, Any]]:
        """What is written behind a position, a page of it."""
        assert table in ("effects", "calls")
        found = self._connection.execute(
            f"SELECT * FROM {table} WHERE position > ? ORDER BY position LIMIT {_MOST_ROWS}",  # noqa: S608 - ours
            (after,),
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def totals(self) -> list[dict[str, Any]]:
        found = self._connection.execute(
            "SELECT status, currency, count(*), coalesce(sum(amount), 0) FROM effects GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [dict(zip(("status", "currency", "count", "amount"), row, strict=True)) for row in found]

    def close(self) -> None:
        self._connection.close()

    def _one(self, condition: str, *values: str) -> Effect | None:
        found = self._connection.execute(
            f"SELECT {_COLUMNS} FROM effects WHERE {condition}",  # noqa: S608 - the conditions stand above
            values,
        ).fetchone()
        if found is None:
            return None
        operation, key, status, reference, question, answer, *rest = found
        return Effect(operation, key, status, reference, json.loads(question), json.loads(answer), *rest)


def _unusable(file: Path, error: Exception) -> Misconfigured:
    return Misconfigured(f"The ledger {file} can't be used ({error}): give another file with --ledger.")


def _now() -> str:
    return datetime.now(UTC).isoformat()
