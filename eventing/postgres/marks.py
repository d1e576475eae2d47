"""Marks in Postgres: read when a partition is taken over, moved by compare-and-set with the effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, LiteralString

from eventing.consuming import Mark, Move, Partition

Execute = Callable[[LiteralString, Sequence[Any]], Sequence[tuple[Any, ...]]]
"""Runs a statement, in a transaction of the caller or in one of its own, and gives its rows."""

_READ: Final = """
    SELECT m.topic, m.partition, m.next_offset, m.position
    FROM consumer_marks m JOIN unnest(%s::text[], %s::integer[]) AS asked (topic, number)
      ON (asked.topic, asked.number) = (m.topic, m.partition)
    WHERE m.consumer = %s
"""
_MOVE: Final = "SELECT move_consumer_marks(%s, %s::text[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])"


def read_marks(execute: Execute, consumer: str, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
    """Those without a row have not begun."""
    topics, numbers = [partition.topic for partition in partitions], [partition.number for partition in partitions]
    rows = execute(_READ, (topics, numbers, consumer))
    return {Partition(topic, number): Mark(offset, position) for topic, number, offset, position in rows}


def move_marks(execute: Execute, consumer: str, moves: Sequence[Move]) -> None:
    """The first thing of a transaction. Where a mark is not at `before`, the server refuses, and
    `connecting.explained` makes `Superseded` of it."""
    execute(
        _MOVE,
        (
            consumer,
            [move.partition.topic for move in moves],
            [move.partition.number for move in moves],
            [move.before.offset for move in moves],
            [move.after.offset for move in moves],
            [move.after.position for move in moves],
        ),
    )
