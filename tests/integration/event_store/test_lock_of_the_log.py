"""The lock of the log puts commits in order. Whoever holds it must not be able to hold up everybody for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import uuid4

import psycopg
import pytest

from eventing.envelope import Recorded
from eventing.errors import Conflict
from eventing.event_store import ANY_VERSION, NO_STREAM, Appended
from eventing.postgres.connecting import conninfo
from eventing.postgres.store import PostgresEventStore
from eventing.verification import StreamCheck
from tests.integration.event_store.test_lost_replies import waiting_for_the_log
from tests.support.notes import NoteCodec, noting, texts

NAIVE: Sequence[tuple[str, tuple[str, str]]] = (
    ("lock_log", ("PERFORM pg_advisory_xact_lock(7205321);", "")),
    ("append_events", ("answer.base + row_number() OVER (ORDER BY e.n)", "nextval('naive')")),
)


ONE_NOTE = """
    SELECT append_events(ARRAY[%(stream)s], '{1}', '{1}', '{-2}', '{1}', '{1}', '{1}', ARRAY[%(stream)s],
        ARRAY[gen_random_uuid()], '{test.noted}', '{1}', ARRAY[gen_random_uuid()], ARRAY[NULL::uuid], '{tester}',
        ARRAY[NULL], ARRAY[%(text)s::bytea], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', false)
"""


async def two_writers(url: str) -> list[str]:
    """The first has appended and not committed; the second appends. Gives what a reader sees who reads on and on."""
    seen: list[Recorded] = []
    async with PostgresEventStore.open(url, NoteCodec()) as store:

        async def read_on() -> None:
            seen.extend(await store.read_log(seen[-1].position if seen else 0))

        async with await psycopg.AsyncConnection.connect(url) as first:
            await first.execute(ONE_NOTE, {"stream": "note-first", "text": b"first"})
            second = asyncio.ensure_future(store.append(noting("note-second", NO_STREAM, "second")))
            waiting = asyncio.ensure_future(waiting_for_the_log(url, 1))
            await asyncio.wait([second, waiting], return_when=asyncio.FIRST_COMPLETED)
            await read_on()
            await first.commit()
        await second
        waiting.cancel()
        await asyncio.wait([waiting])
        await read_on()
    return texts(seen)


async def test_who_comes_second_waits_until_the_first_has_committed(fresh_store_url: str) -> None:
    assert await two_writers(fresh_store_url) == ["first", "second"]


async def test_without_the_lock_the_reader_never_sees_who_commits_later(
    fresh_store_url: str, take_out: Callable[..., None]
) -> None:
    with psycopg.connect(fresh_store_url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE naive")
        connection.execute("GRANT USAGE ON SEQUENCE naive TO orderloom_service")
    for function, change in NAIVE:
        take_out(fresh_store_url, function, change)

    assert await two_writers(fresh_store_url) == ["second"]


async def test_without_the_check_of_the_head_everybody_wins_and_streams_get_gaps(
    fresh_store_url: str, take_out: Callable[..., None]
) -> None:
    take_out(fresh_store_url, "judge_batch", ("WHERE NOT (w.expected =", "WHERE false AND NOT (w.expected ="))
    take_out(
        fresh_store_url,
        "append_events",
        ("heads[e.head] + e.after_head", "write_expected[e.append] + e.after_head"),
    )
    async with PostgresEventStore.open(fresh_store_url, NoteCodec()) as store:
        await store.append(noting("note-1", 0, "one"))

        assert isinstance(await store.append(noting("note-1", 5, "a belief")), Appended)

        rows = [(event.stream, event.version, event.position) for event in await store.read("note-1")]
        assert [finding.rule for finding in StreamCheck().feed(rows)] == ["versions"]


async def test_of_writers_in_several_connections_exactly_one_wins(store_url: str) -> None:
    stream = f"note-{uuid4()}"

    async def one(n: int) -> Appended | Conflict:
        async with PostgresEventStore.open(store_url, NoteCodec(), pool_size=1) as store:
            try:
                return await store.append(noting(stream, NO_STREAM, f"{n}"))  # type: ignore[return-value]  # no key
            except Conflict as conflict:
                return conflict

    outcomes = await asyncio.gather(*(one(n) for n in range(16)))

    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(lost) == 15
    assert {(conflict.stream, conflict.expected, conflict.actual) for conflict in lost} == {(stream, NO_STREAM, 1)}


async def test_a_service_that_is_paused_in_its_transaction_loses_its_locks(store_url: str) -> None:
    """The bound is five seconds in production and shorter here."""
    bounded = conninfo(store_url, application_name="paused", idle_in_transaction_session_timeout="200ms")
    async with PostgresEventStore.open(store_url, NoteCodec()) as store:
        paused = await psycopg.AsyncConnection.connect(bounded)
        await paused.execute("SELECT pg_advisory_xact_lock(7205321)")

        assert isinstance(await store.append(noting(f"note-{uuid4()}", ANY_VERSION, "goes on")), Appended)

        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            await paused.execute("SELECT 1")
        await paused.close()


@pytest.mark.slow
async def test_a_stranger_that_sits_on_the_lock_is_ended(store_url: str) -> None:
    async with PostgresEventStore.open(store_url, NoteCodec()) as store:
        stranger = await psycopg.AsyncConnection.connect(store_url)
        await stranger.execute("SELECT lock_log()")

        assert isinstance(await store.append(noting(f"note-{uuid4()}", ANY_VERSION, "goes on")), Appended)

        with pytest.raises(psycopg.OperationalError):
            await stranger.execute("SELECT 1")
        await stranger.close()
