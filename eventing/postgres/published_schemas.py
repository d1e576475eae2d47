"""Which versions of which events are stored, and under which topic and schema id each is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg.errors import UndefinedTable
from psycopg.rows import class_row

from eventing.errors import Misconfigured
from eventing.postgres.addresses import conninfo_of
from eventing.postgres.connecting import CONNECT_TIMEOUT, explained
from eventing.postgres.sql import statement


class PublishedSchema(NamedTuple):
    type: str
    schema_version: int
    topic: str
    subject: str
    schema_id: int


class StoredVersion(NamedTuple):
    type: str
    schema_version: int
    events: int
    body: bytes
    """Of the newest event of this version."""


def stored_versions(url: str) -> Sequence[StoredVersion]:
    """Looks at every event of the log, so it takes a second a million events or so."""
    with _connection(url) as connection, connection.cursor(row_factory=class_row(StoredVersion)) as cursor:
        return cursor.execute(statement("stored_versions")).fetchall()


def published_schemas(url: str) -> Sequence[PublishedSchema]:
    with _connection(url) as connection, connection.cursor(row_factory=class_row(PublishedSchema)) as cursor:
        return cursor.execute(statement("read_published_schemas")).fetchall()


def publish_schemas(url: str, schemas: Iterable[PublishedSchema]) -> None:
    """All or none. By the owner of the tables: the services may only read this one."""
    with _connection(url) as connection, connection.cursor() as cursor:
        cursor.executemany(statement("publish_schema"), [schema._asdict() for schema in schemas])


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(conninfo_of(url), connect_timeout=CONNECT_TIMEOUT) as connection:
            yield connection
    except UndefinedTable as error:
        raise Misconfigured("The database is not ready: run `orders db upgrade`.") from error
    except psycopg.OperationalError as error:
        raise explained(error) from error
