"""What the relay keeps in Postgres: how far it has come, how it goes, how it is tuned, where it sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from eventing.errors import Misconfigured
from outbox_relay.ports import Database, Destination, Tuning

NAME: Final = "relay"
"""Of the relay's row and of its lease."""

_POSITION: Final = "SELECT position FROM relays WHERE name = %s"
# The lock on the lease lasts as long as the statement: nobody can take the lease over between its check and the move.
_MOVE: Final = """
    WITH mine AS (SELECT 1 FROM leases WHERE name = %s AND epoch = %s FOR SHARE)
    UPDATE relays SET position = greatest(position, %s), moved_at = clock_timestamp()
    WHERE name = %s AND EXISTS (SELECT FROM mine)
    RETURNING position
"""
_REPORT: Final = """
    UPDATE relays SET rate = %s, last_error = coalesce(%s, last_error),
                      last_error_at = CASE WHEN %s::text IS NULL THEN last_error_at ELSE clock_timestamp() END
    WHERE name = %s
    RETURNING linger_ms, batch
"""
_STANDING: Final = "SELECT checkpoint, head, lag_events, lag_seconds FROM relay_status WHERE name = %s"
_DESTINATIONS: Final = "SELECT type, schema_version, topic, schema_id FROM published_schemas"
_REMEMBER: Final = """
    INSERT INTO topic_partitions (topic, partitions) SELECT unnest(%s::text[]), %s ON CONFLICT DO NOTHING
"""
_PARTITIONS: Final = "SELECT topic, partitions FROM topic_partitions WHERE topic = ANY (%s)"


class Standing(NamedTuple):
    checkpoint: int
    head: int
    lag_events: int
    lag_seconds: float


class Ledger:
    def __init__(self, database: Database, defaults: Tuning) -> None:
        self._database = database
        self._defaults = defaults

    def position(self) -> int:
        rows = self._database.query(_POSITION, (NAME,))
        if not rows:
            raise Misconfigured("The relay has no row in the table relays: run `orders db upgrade`.")
        return int(rows[0][0])

    def move(self, position: int, epoch: int) -> bool:
        """Moves the checkpoint forward; False when another epoch leads, and then nothing has moved."""
        return bool(self._database.query(_MOVE, (NAME, epoch, position, NAME)))

    def report(self, rate: float, error: str | None) -> Tuning:
        """Writes down how it goes and answers with the tuning that is wanted."""
        linger_ms, batch = self._database.query(_REPORT, (rate, error, error, NAME))[0]
        return Tuning(
            self._defaults.linger_ms if linger_ms is None else linger_ms,
            self._defaults.batch if batch is None else batch,
        )

    def standing(self) -> Standing:
        return Standing(*self._database.query(_STANDING, (NAME,))[0])

    def destinations(self) -> Mapping[tuple[str, int], Destination]:
        rows = self._database.query(_DESTINATIONS)
        return {(kind, version): Destination(topic, schema_id) for kind, version, topic, schema_id in rows}

    def remember_partitions(self, topics: Sequence[str], partitions: int) -> Mapping[str, int]:
        """What each topic was first used with: this number, if none was written down yet."""
        self._database.query(_REMEMBER, (list(topics), partitions))
        return dict(self._database.query(_PARTITIONS, (list(topics),)))
