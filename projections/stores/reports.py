"""What each process says of its projections, in Postgres, so that one command sees them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from eventing.consuming import Mark, Partition
from eventing.postgres.database import Database
from projections.generations import Build
from projections.names import place
from projections.standing import Standing

_REPORT: Final = """
    INSERT INTO projection_reports
        (model, build, holder, state, rate, lag_seconds, parked, last_error, last_error_at, partitions, mended)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
    ON CONFLICT (model, build, holder) DO UPDATE
    SET state = excluded.state, rate = excluded.rate, lag_seconds = excluded.lag_seconds, parked = excluded.parked,
        last_error = excluded.last_error, last_error_at = excluded.last_error_at, partitions = excluded.partitions,
        mended = excluded.mended, reported_at = clock_timestamp()
"""
_LEAVE: Final = "DELETE FROM projection_reports WHERE holder = %s"
_FORGET: Final = "DELETE FROM projection_reports WHERE reported_at < clock_timestamp() - interval '1 day'"
_READ: Final = """
    SELECT model, build, holder, state, rate, lag_seconds, parked, last_error, last_error_at, partitions::text,
           extract(epoch FROM clock_timestamp() - reported_at)::float8
    FROM projection_reports ORDER BY model, build, holder
"""


class Report(NamedTuple):
    model: str
    build: int
    holder: str
    state: str
    rate: float
    lag_seconds: float
    parked: int
    last_error: str | None
    last_error_at: datetime | None
    partitions: dict[Partition, tuple[Mark, int | None]]
    """The mark of each, and the position that is searchable there."""
    age: float
    """Seconds since it was written."""


class Reports:
    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder

    def write(self, build: Build, standing: Standing) -> None:
        marks, searchable = dict(standing.marks), dict(standing.searchable)
        partitions = {
            place(one): [mark.offset, mark.position, searchable.get(one)] for one, mark in sorted(marks.items())
        }
        values: Sequence[Any] = (
            *(build.model, build.number, self._holder, standing.state, standing.rate, standing.lag_seconds),
            *(standing.parked_keys, standing.error, standing.error_at, orjson.dumps(partitions).decode()),
            standing.mended,
        )
        self._database.query(_REPORT, values)

    def leave(self) -> None:
        """This process ends; what others left behind by dying is forgotten after a day."""
        self._database.query(_LEAVE, (self._holder,))
        self._database.query(_FORGET)

    def close(self) -> None:
        self._database.close()


def read_reports(database: Database) -> Sequence[Report]:
    return [Report._make((*row[:9], _partitions(row[9]), row[10])) for row in database.query(_READ)]


def _partitions(text: str) -> dict[Partition, tuple[Mark, int | None]]:
    found = {}
    for name, (offset, position, searchable) in orjson.loads(text).items():
        topic, _, number = name.rpartition("/")
        found[Partition(topic, int(number))] = Mark(offset, position), searchable
    return found
