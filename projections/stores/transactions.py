"""Several statements of one worker's connection as one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eventing.postgres.database import Database
from eventing.postgres.marks import Execute


@contextmanager
def transaction(database: Database) -> Iterator[Execute]:
    database.query("BEGIN")
    try:
        yield database.query
        database.query("COMMIT")
    except BaseException:
        database.close()  # what was begun ends with its connection
        raise
