"""Nothing that happened can be changed: by the services for want of a grant, by anybody else because of a trigger."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from eventing.event_store import NO_STREAM
from eventing.postgres.connecting import conninfo
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import NoteCodec, asked, noting

CHANGES = ["UPDATE events SET actor = 'nobody'", "DELETE FROM events", "TRUNCATE events"]


@pytest.fixture(scope="module")
async def filled_url(store_url: str) -> str:
    async with PostgresEventStore.open(store_url, NoteCodec()) as store:
        await store.append(noting("order-1", NO_STREAM, "one", "two", idempotency=asked("key")))
    return store_url


@pytest.fixture
def service(filled_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(conninfo(filled_url, application_name="test"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(filled_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(filled_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        *CHANGES,
        # Positions without the lock would not be in the order of commits.
        "INSERT INTO events SELECT * FROM events",
        "DELETE FROM idempotency_keys",
        "UPDATE idempotency_keys SET answer = ''",
        "DROP TABLE events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "CREATE FUNCTION inline_write.mine(jsonb) RETURNS void LANGUAGE sql AS ''",
        "CREATE OR REPLACE FUNCTION lock_log() RETURNS void LANGUAGE sql AS ''",
        "CREATE TABLE mine (id int)",
    ],
)
def test_a_service_may_append_and_nothing_else(service: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        service.execute(statement)


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_not_even_the_owner_changes_history(owner: psycopg.Connection, statement: str, role: str) -> None:
    owner.execute("SELECT set_config('session_replication_role', %s, false)", (role,))

    with pytest.raises(errors.InsufficientPrivilege, match="never changed or deleted"):
        owner.execute(statement)


def test_without_the_trigger_the_owner_would(owner: psycopg.Connection) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("ALTER TABLE events DISABLE TRIGGER events_are_history")
        assert owner.execute(CHANGES[0]).rowcount == 2


def test_people_read_the_log_with_category_and_key(service: psycopg.Connection) -> None:
    rows = service.execute("SELECT position, stream, category, key, version, body_bytes FROM event_log").fetchall()

    assert rows == [(1, "order-1", "order", "1", 1, 3), (2, "order-1", "order", "1", 2, 3)]
