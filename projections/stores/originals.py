"""Events of the log as a relay publishes them, for those that a rebuild parks: so that they can be tried again."""

from __future__ import annotations

from typing import Final

from eventing.cloudevents import constant_headers, event_headers, frame
from eventing.consuming import Message, Partition
from eventing.postgres.database import Database
from eventing.postgres.log_reader import LogReader, LogRow
from eventing.streams import key_of

BEFORE_ALL: Final = -(2**62)
NO_EPOCH: Final = 0
NO_SCHEMA: Final = 0
"""Whoever tries it again goes by the header that names type and version."""


class LogOriginals:
    def __init__(self, database: Database) -> None:
        self._reader = LogReader(database)
        self._database = database

    def message(self, partition: Partition, position: int) -> Message:
        row = LogRow._make(self._reader.read(position - 1, 1, 1)[0])
        headers = event_headers(
            constant_headers(row.type, row.schema_version, NO_EPOCH),
            row.event_id,
            row.stream,
            row.version,
            row.position,
            row.recorded_at,
            row.correlation_id,
            row.causation_id,
            row.actor,
            row.traceparent,
        )
        return Message(partition, BEFORE_ALL + position, key_of(row.stream), frame(NO_SCHEMA) + row.body, headers)

    def close(self) -> None:
        self._database.close()
