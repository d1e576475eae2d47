"""Deadlines in Postgres, by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, LiteralString

from eventing.postgres.marks import Execute
from saga_choreography.ports import Begun, Ended, Looked, Passed

_WATCH: Final = "SELECT position FROM watchdog_mark FOR UPDATE SKIP LOCKED"
_MOVE_WATCH: Final = "UPDATE watchdog_mark SET position = %s, looked_at = clock_timestamp()"
_LOG: Final = "SELECT position, stream, type, recorded_at FROM events WHERE position > %s ORDER BY position LIMIT %s"
# The first beginning counts, and none counts after the end.
_BEGUN: Final = """
    INSERT INTO order_deadlines (order_id, step, position, begun_at, due_at)
    SELECT step.order_id, step.name, step.position, step.at, step.at + make_interval(secs => step.seconds)
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::float8[])
         AS step (order_id, name, position, at, seconds)
    ORDER BY step.order_id, step.name
    ON CONFLICT (order_id, step) DO NOTHING
"""
_ENDED: Final = """
    INSERT INTO order_deadlines (order_id, step, position, begun_at, due_at)
    SELECT step.order_id, step.name, step.position, step.at, 'infinity'
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[]) AS step (order_id, name, position, at)
    ORDER BY step.order_id, step.name
    ON CONFLICT (order_id, step) DO UPDATE SET due_at = 'infinity'
"""
_CLOSED: Final = "DELETE FROM order_deadlines WHERE order_id = ANY (%s::text[])"
_PASSED: Final = """
    SELECT order_id, step, position FROM order_deadlines
    WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_FIRED: Final = """
    UPDATE order_deadlines kept SET due_at = 'infinity', fired_at = clock_timestamp()
    FROM unnest(%s::text[], %s::text[]) AS passed (order_id, step)
    WHERE (kept.order_id, kept.step) = (passed.order_id, passed.step)
"""
_NOT_FIRED: Final = """
    UPDATE order_deadlines kept SET due_at = 'infinity'
    FROM unnest(%s::text[], %s::text[]) AS passed (order_id, step)
    WHERE (kept.order_id, kept.step) = (passed.order_id, passed.step)
"""


def lock_watch(execute: Execute) -> int | None:
    rows = execute(_WATCH, ())
    return rows[0][0] if rows else None


def log_after(execute: Execute, position: int, most: int) -> Sequence[Looked]:
    return [Looked(*row) for row in execute(_LOG, (position, most))]


def note_steps(execute: Execute, begun: Sequence[Begun], ended: Sequence[Ended], closed: Sequence[str]) -> None:
    if begun:
        execute(_BEGUN, [list(column) for column in zip(*begun, strict=True)])
    if ended:
        execute(_ENDED, [list(column) for column in zip(*ended, strict=True)])
    if closed:
        execute(_CLOSED, (list(closed),))


def move_watch(execute: Execute, position: int) -> None:
    execute(_MOVE_WATCH, (position,))


def lock_passed(execute: Execute, most: int) -> Sequence[Passed]:
    return [Passed(*row) for row in execute(_PASSED, (most,))]


def fired(execute: Execute, passed: Sequence[Passed]) -> None:
    _set(execute, passed, _FIRED)


def ended(execute: Execute, passed: Sequence[Passed]) -> None:
    _set(execute, passed, _NOT_FIRED)


def _set(execute: Execute, passed: Sequence[Passed], statement: LiteralString) -> None:
    if passed:
        execute(statement, ([each.order_id for each in passed], [each.step for each in passed]))
