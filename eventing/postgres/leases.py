"""A lease as a row. The only clock that counts is the database's."""

from __future__ import annotations

from typing import Final

from eventing.leases import Lease
from eventing.postgres.database import Database

_LOOK: Final = """
    SELECT holder, epoch, extract(epoch FROM expires_at - clock_timestamp())::float8 FROM leases WHERE name = %s
"""
_TAKE: Final = """
    INSERT INTO leases AS held (name, holder, epoch, expires_at)
    VALUES (%s, %s, 1, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (name) DO UPDATE
        SET holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at
        WHERE held.expires_at <= clock_timestamp()
    RETURNING epoch
"""
_RENEW: Final = """
    UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => %s)
    WHERE name = %s AND holder = %s AND epoch = %s
    RETURNING epoch
"""
_GIVE_UP: Final = """
    UPDATE leases SET expires_at = clock_timestamp()
    WHERE name = %s AND holder = %s AND epoch = %s AND expires_at > clock_timestamp()
"""


class PostgresLease:
    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def look(self) -> Lease | None:
        rows = self._database.query(_LOOK, (self._name,))
        return Lease(*rows[0]) if rows else None

    def take(self, holder: str, ttl: float) -> int | None:
        rows = self._database.query(_TAKE, (self._name, holder, ttl))
        return int(rows[0][0]) if rows else None

    def renew(self, holder: str, epoch: int, ttl: float) -> bool:
        return bool(self._database.query(_RENEW, (ttl, self._name, holder, epoch)))

    def give_up(self, holder: str, epoch: int) -> None:
        self._database.query(_GIVE_UP, (self._name, holder, epoch))
