"""Reads the log for whoever passes events on as they are: in batches, as text where text is what is needed."""

from __future__ import annotations

from typing import Final, NamedTuple

from eventing.postgres.database import Database

# Positions have no gaps and are handed out in the order of commits: `position > after` misses nothing.
# A batch ends early where its bodies would need more memory than it may have; its first event always comes.
_READ: Final = """
    SELECT position, stream, version::text, event_id::text, type, schema_version, correlation_id::text,
           causation_id::text, actor, traceparent, recorded_at::text, body
    FROM (
        SELECT *, sum(octet_length(body)) OVER (ORDER BY position) - octet_length(body) AS bytes_before
        FROM (SELECT * FROM events WHERE position > $1::bigint ORDER BY position LIMIT $2::bigint) AS next
    ) AS measured
    WHERE bytes_before < $3::bigint
    ORDER BY position
"""


class LogRow(NamedTuple):
    """An event as it is passed on. Rows come as plain tuples in this order, because making records takes time."""

    position: int
    stream: str
    version: str
    event_id: str
    type: str
    schema_version: int
    correlation_id: str
    causation_id: str | None
    actor: str
    traceparent: str | None
    recorded_at: str
    """In UTC, as Postgres writes it: `2026-01-31 12:00:00.123456+00`."""
    body: bytes


class LogReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, after: int, limit: int, byte_limit: int) -> list[LogRow]:
        return self._database.follow(_READ, (after, limit, byte_limit))  # type: ignore[return-value]
