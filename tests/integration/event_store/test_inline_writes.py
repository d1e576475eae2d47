"""A row that is kept in the append's own transaction agrees with the events, whoever comes between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from eventing.errors import Conflict, Refusal
from eventing.event_store import ANY_VERSION, NO_STREAM, Appended, InlineWrite
from eventing.postgres.store import PostgresEventStore
from tests.contract.event_stores import COUNTING
from tests.integration.event_store.test_lock_of_the_log import ONE_NOTE
from tests.integration.event_store.test_lost_replies import waiting_for_the_log
from tests.support.notes import NoteCodec, asked, noting, texts

COUNT_ONE = [InlineWrite("count_up", {"name": "mugs", "by": 1}, key="mugs")]


@pytest.fixture
def url(fresh_store_url: str) -> str:
    with psycopg.connect(fresh_store_url, autocommit=True) as connection:
        connection.execute(COUNTING)
    return fresh_store_url


def counted(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT number FROM counted WHERE name = 'mugs'").fetchone()
        return row[0] if row else 0


async def overtaken(url: str) -> Appended | Conflict:
    """Somebody else's event for the same stream is committed after the inline write and before the lock was got."""
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        async with await psycopg.AsyncConnection.connect(url) as other:
            await other.execute(ONE_NOTE, {"stream": "note-1", "text": b"theirs"})
            appending = asyncio.ensure_future(store.append(noting("note-1", NO_STREAM, "ours", inline=COUNT_ONE)))
            await waiting_for_the_log(url, 1)
            await other.commit()
        try:
            return await appending  # type: ignore[return-value]  # it has no key
        except Conflict as conflict:
            assert texts(await store.read("note-1")) == ["theirs"]
            return conflict


async def test_who_is_overtaken_leaves_no_trace_in_the_row(url: str) -> None:
    outcome = await overtaken(url)

    assert isinstance(outcome, Conflict)
    assert (outcome.expected, outcome.actual) == (NO_STREAM, 1)
    assert counted(url) == 0


async def test_without_the_second_look_the_row_counts_what_never_happened(
    url: str, take_out: Callable[..., None]
) -> None:
    take_out(
        url, "append_events", ("<> (i.append = ANY (before.done || before.refused))", "<> (i.append = ANY (skipped))")
    )

    assert isinstance(await overtaken(url), Conflict)
    assert counted(url) == 1


async def test_rows_count_each_append_once(url: str) -> None:
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        for _ in range(2):
            await store.append(noting("note-1", ANY_VERSION, "x", inline=COUNT_ONE, idempotency=asked("one key")))
        with pytest.raises(Conflict):
            await store.append(noting("note-1", 7, "x", inline=COUNT_ONE))

    assert counted(url) == 1


async def test_a_rule_of_the_table_refuses_the_append(url: str) -> None:
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        outcomes = await asyncio.gather(
            *(store.append(noting(f"note-{n}", NO_STREAM, "x", inline=COUNT_ONE)) for n in range(15)),
            return_exceptions=True,
        )

    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert counted(url) == 10
    assert {(refusal.code, refusal.facts["rule"]) for refusal in refusals} == {("rule_broken", "counted_number_check")}
    assert len(refusals) == 5
