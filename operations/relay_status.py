"""What `orders relay status` and `orders relay set` ask the database."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Final, NamedTuple

from eventing.errors import Misconfigured
from eventing.postgres.database import Database

PATIENCE: Final = 5.0

_STATUS: Final = """
    SELECT leader, epoch, checkpoint, head, lag_events, lag_seconds, CASE WHEN leader IS NULL THEN 0 ELSE rate END,
           moved_at, last_error, last_error_at, linger_ms, batch
    FROM relay_status
"""
_TUNE: Final = "UPDATE relays SET linger_ms = coalesce(%s, linger_ms), batch = coalesce(%s, batch)"
_UNTUNE: Final = "UPDATE relays SET linger_ms = %s, batch = %s"


class RelayStatus(NamedTuple):
    leader: str | None
    epoch: int | None
    checkpoint: int
    head: int
    lag_events: int
    lag_seconds: float
    rate: float
    moved_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    linger_ms: float | None
    batch: int | None


def read_status(url: str) -> RelayStatus:
    with _database(url) as database:
        rows = database.query(_STATUS)
    if not rows:
        raise Misconfigured("The relay has no row in the table relays: run `orders db upgrade`.")
    return RelayStatus(*rows[0])


def set_tuning(url: str, *, linger_ms: float | None, batch: int | None, default: bool) -> None:
    with _database(url) as database:
        database.query(_UNTUNE if default else _TUNE, (linger_ms, batch))


def _database(url: str) -> closing[Database]:
    return closing(Database(url, application_name="orders relay status", patience=PATIENCE))
