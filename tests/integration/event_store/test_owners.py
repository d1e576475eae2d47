"""The database need not belong to a superuser, and a user who lacks a right is told which."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from eventing.errors import Misconfigured
from eventing.event_store import NO_STREAM, Appended
from eventing.postgres.connecting import conninfo
from eventing.postgres.migrating import upgrade
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations
from tests.backing import Backing
from tests.integration.event_store.conftest import own_store
from tests.support.notes import NoteCodec, asked, noting, texts

Administrator = psycopg.Connection


@pytest.fixture
def administrator(backing: Backing) -> Iterator[Administrator]:
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner_url(backing: Backing, administrator: Administrator, store_url: str, names: str) -> Iterator[str]:
    """An empty database of a plain user. The services' role is there, from the other databases of the cluster."""
    owner = sql.Identifier(names)
    administrator.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'owner'").format(owner))
    with own_store(backing.postgres_url, f"{names}_owned", upgraded=False) as url:
        administrator.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(f"{names}_owned"), owner))
        server = urlsplit(url)
        yield server._replace(netloc=f"{names}:owner@{server.netloc.rpartition('@')[2]}").geturl()
    administrator.execute(sql.SQL("DROP ROLE {}").format(owner))


def let_act_as_service(administrator: Administrator, owner: str) -> None:
    administrator.execute(sql.SQL("GRANT orderloom_service TO {}").format(sql.Identifier(owner)))


async def test_a_plain_owner_upgrades_and_runs_the_services(
    owner_url: str, administrator: Administrator, names: str
) -> None:
    let_act_as_service(administrator, names)

    upgrade(owner_url, locations())

    async with PostgresEventStore.open(owner_url, NoteCodec()) as store:
        appended = await store.append(noting("note-1", NO_STREAM, "mine", idempotency=asked("key")))
        assert isinstance(appended, Appended)
        assert texts(await store.read("note-1")) == ["mine"]
    with psycopg.connect(conninfo(owner_url, application_name="test")) as service:
        assert service.execute("SELECT free_log(), purge_idempotency_keys(1)").fetchone() == (0, 0)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("DELETE FROM events")


def test_who_may_not_act_as_the_services_is_told_what_to_ask_for(owner_url: str, names: str) -> None:
    with pytest.raises(Misconfigured, match=f"GRANT orderloom_service TO {names}"):
        upgrade(owner_url, locations())

    with psycopg.connect(owner_url) as connection:
        assert connection.execute("SELECT to_regclass('public.events')").fetchone() == (None,)


async def test_a_service_that_was_not_granted_its_role_is_told_so(
    owner_url: str, administrator: Administrator, names: str
) -> None:
    let_act_as_service(administrator, names)
    upgrade(owner_url, locations())
    administrator.execute(sql.SQL("REVOKE orderloom_service FROM {}").format(sql.Identifier(names)))

    async with PostgresEventStore.open(owner_url, NoteCodec()) as store:
        with pytest.raises(Misconfigured, match="GRANT orderloom_service"):
            await store.head()
