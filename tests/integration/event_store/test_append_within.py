"""An append as the last act of a transaction of one's own: all of it, or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from eventing.errors import Conflict, Refusal, Unavailable
from eventing.event_store import ANY_VERSION, NO_STREAM, StreamWrite
from eventing.postgres.appending_within import append_within, append_within_blocking
from eventing.postgres.batch import Preparation
from eventing.postgres.connecting import connect, conninfo
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import NoteCodec, append_of, asked, notes, noting, texts

PREPARE = Preparation(NoteCodec())


@pytest.fixture(scope="module")
async def places_url(store_url: str) -> str:
    async with await psycopg.AsyncConnection.connect(store_url, autocommit=True) as connection:
        await connection.execute("CREATE TABLE places (name text PRIMARY KEY, place int NOT NULL)")
        await connection.execute("GRANT SELECT, INSERT, UPDATE ON places TO orderloom_service")
    return store_url


@pytest.fixture
async def own(places_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await connect(places_url)
    await connection.set_autocommit(False)
    yield connection
    await connection.close()


@pytest.fixture
async def store(places_url: str) -> AsyncIterator[PostgresEventStore]:
    async with PostgresEventStore.open(places_url, NoteCodec()) as opened:
        yield opened


async def place_of(url: str, name: str) -> int | None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        row = await (await connection.execute("SELECT place FROM places WHERE name = %s", (name,))).fetchone()
        return row[0] if row else None


async def test_rows_and_events_are_committed_together(
    own: psycopg.AsyncConnection, store: PostgresEventStore, places_url: str, names: str
) -> None:
    stream = f"note-{uuid4()}"
    await own.execute("INSERT INTO places VALUES (%s, 7)", (names,))

    (appended,) = await append_within(own, PREPARE, [noting(stream, NO_STREAM, "a", "b")])

    assert appended.versions == {stream: 2}
    assert texts(await store.read(stream)) == ["a", "b"]
    assert await place_of(places_url, names) == 7
    assert own.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


async def test_a_conflict_takes_back_rows_and_events(
    own: psycopg.AsyncConnection, store: PostgresEventStore, places_url: str, names: str
) -> None:
    taken, other = f"note-{uuid4()}", f"note-{uuid4()}"
    await store.append(noting(taken, NO_STREAM, "taken"))
    await own.execute("INSERT INTO places VALUES (%s, 7)", (names,))

    with pytest.raises(Conflict) as conflict:
        await append_within(own, PREPARE, [noting(other, NO_STREAM, "x"), noting(taken, NO_STREAM, "y")])

    assert (conflict.value.stream, conflict.value.expected, conflict.value.actual) == (taken, NO_STREAM, 1)
    assert await store.read(other) == []
    assert await place_of(places_url, names) is None


async def test_the_connection_can_be_used_again_after_a_conflict(
    own: psycopg.AsyncConnection, store: PostgresEventStore
) -> None:
    stream = f"note-{uuid4()}"
    with pytest.raises(Conflict):
        await append_within(own, PREPARE, [noting(stream, 5, "too early")])

    await own.execute("SELECT 1")
    await append_within(own, PREPARE, [noting(stream, NO_STREAM, "now")])

    assert texts(await store.read(stream)) == ["now"]


async def test_what_was_done_under_its_key_is_not_done_again(
    own: psycopg.AsyncConnection, store: PostgresEventStore
) -> None:
    stream, key = f"note-{uuid4()}", asked(str(uuid4()))
    await store.append(noting(stream, ANY_VERSION, "once", idempotency=key))
    await own.execute("SELECT 1")

    with pytest.raises(Refusal) as refusal:
        await append_within(own, PREPARE, [noting(stream, ANY_VERSION, "twice", idempotency=key)])

    assert refusal.value.code == "done_before"
    assert texts(await store.read(stream)) == ["once"]


async def test_two_appends_of_one_transaction_share_no_stream(own: psycopg.AsyncConnection) -> None:
    with pytest.raises(Refusal) as refusal:
        await append_within(
            own,
            PREPARE,
            [
                noting("note-1", ANY_VERSION, "x"),
                append_of(StreamWrite("note-1", 1), StreamWrite("note-2", 0, notes("y"))),
            ],
        )

    assert refusal.value.code == "stream_twice"


async def test_it_has_to_see_what_others_committed(own: psycopg.AsyncConnection) -> None:
    """At REPEATABLE READ the heads would be those before the lock was got."""
    await own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    with pytest.raises(Refusal, match="READ COMMITTED"):
        await append_within(own, PREPARE, [noting(f"note-{uuid4()}", NO_STREAM, "x")])


async def test_a_lost_connection_leaves_open_what_happened(own: psycopg.AsyncConnection, places_url: str) -> None:
    await own.execute("SELECT 1")
    async with await psycopg.AsyncConnection.connect(places_url, autocommit=True) as killer:
        await killer.execute("SELECT pg_terminate_backend(%s)", (own.info.backend_pid,))

    with pytest.raises(Unavailable) as lost:
        await append_within(own, PREPARE, [noting(f"note-{uuid4()}", NO_STREAM, "x")])

    assert lost.value.facts == {"stored": "unknown"}


async def test_it_works_without_asyncio_too(places_url: str, store: PostgresEventStore) -> None:
    stream = f"note-{uuid4()}"
    with psycopg.connect(conninfo(places_url, application_name="test")) as connection:
        connection.execute("SELECT 1")
        append_within_blocking(connection, PREPARE, [noting(stream, NO_STREAM, "a")])

        with pytest.raises(Conflict):
            append_within_blocking(connection, PREPARE, [noting(stream, NO_STREAM, "b")])

    assert texts(await store.read(stream)) == ["a"]
