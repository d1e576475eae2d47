"""The store's tables come into a database once, whoever brings them and however often."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from eventing.errors import Misconfigured, Unavailable
from eventing.event_store import NO_STREAM
from eventing.postgres.migrating import EVENT_STORE, state, upgrade
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations
from tests.support.notes import NoteCodec, noting


async def test_two_that_upgrade_at_once_do_it_once(database_url: str) -> None:
    applied = await asyncio.gather(*(asyncio.to_thread(upgrade, database_url) for _ in range(4)))

    assert [len(each) > 0 for each in applied].count(True) == 1
    assert "store_0001" in {revision for each in applied for revision in each}
    assert state(database_url).missing == []


def test_every_part_of_the_platform_is_found_and_fits(database_url: str) -> None:
    upgrade(database_url, locations())

    found = state(database_url, locations())
    assert found.missing == []
    assert "store_0001" in found.applied


def test_a_migration_that_fails_leaves_nothing_behind(fresh_store_url: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "from alembic import op\nrevision, down_revision, depends_on = 'bad', None, 'store_0001'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id int)')\n    op.execute('SELECT 1 / 0')\n"
    )

    with pytest.raises(Exception, match="division by zero"):
        upgrade(fresh_store_url, [EVENT_STORE, tmp_path])

    with psycopg.connect(fresh_store_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    assert state(fresh_store_url, [EVENT_STORE, tmp_path]).missing == ["bad"]


def test_a_database_from_the_future_is_left_alone(fresh_store_url: str) -> None:
    with psycopg.connect(fresh_store_url, autocommit=True) as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('store_9999')")

    with pytest.raises(Misconfigured, match="newer Orderloom"):
        upgrade(fresh_store_url)


async def test_a_database_without_the_store_says_what_to_do(empty_database_url: str) -> None:
    async with PostgresEventStore.open(empty_database_url, NoteCodec()) as store:
        with pytest.raises(Misconfigured, match="orders db upgrade"):
            await store.append(noting("note-1", NO_STREAM, "x"))


async def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match="Postgres can't be reached"):
        upgrade("postgresql://nobody@127.0.0.1:1/none")
