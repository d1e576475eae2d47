"""A table with the columns, indexes and checks of the real one, for those who insert into it directly.

It has a sequence of its own for positions: a bare INSERT promises no order of commits, ours does.
"""

from __future__ import annotations

import psycopg

from benchmarks.contest import WrongResultError

TABLE = "plain_events"
POSITIONS = "plain_positions"


def create(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {TABLE} (LIKE events INCLUDING ALL)")
        connection.execute(f"CREATE SEQUENCE {POSITIONS} START 1000000000")


def fill(database_url: str) -> None:
    """The same rows as the real table holds, so that both have indexes of equal depth; then both are analysed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"INSERT INTO {TABLE} SELECT * FROM events")
        connection.execute(f"VACUUM ANALYZE {TABLE}")
        connection.execute("VACUUM ANALYZE events")
        connection.execute("CHECKPOINT")


class Ledger:
    """What the writers of the table were acknowledged, all of them together, against what is in it."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._before = self.count()
        self.acknowledged = 0

    def count(self) -> int:
        with psycopg.connect(self._url) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {TABLE}").fetchall()[0][0])

    async def check(self) -> None:
        stored = self.count() - self._before
        if stored != self.acknowledged:
            raise WrongResultError(f"{TABLE}: {self.acknowledged} inserts were acknowledged, {stored} are stored.")
