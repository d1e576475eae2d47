"""What goes wrong with one append of a batch stays with it; and an append of several streams is one whole thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from eventing.appender import Appender, BadBatch, Outcome
from eventing.errors import Conflict, OrderloomError
from eventing.event_store import NO_STREAM, Append, Appended, StreamWrite
from eventing.postgres.batch import Prepared
from eventing.postgres.engine import make_engine
from eventing.postgres.sender import PostgresSender
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import NoteCodec, append_of, notes, noting, texts

TakeOut = Callable[..., None]


class NeverSplit(PostgresSender):
    """The mutant: what is wrong with a batch is wrong with all of it."""

    async def send(self, batch: Sequence[Prepared]) -> Sequence[Outcome]:
        try:
            return await super().send(batch)
        except BadBatch as bad:
            raise bad.reason from bad


@asynccontextmanager
async def opened(url: str, sender: type[PostgresSender]) -> AsyncIterator[PostgresEventStore]:
    appender: Appender[Prepared] = Appender(sender(url))
    engine = make_engine(url, pool_size=1)
    try:
        yield PostgresEventStore(NoteCodec(), appender, engine)
    finally:
        await appender.close()
        await engine.dispose()


async def stored_beside(store: PostgresEventStore, bad: Append) -> int:
    """How many of ten good appends are stored that are sent in one batch with a bad one."""
    good = [noting(f"note-{n}", NO_STREAM, "good") for n in range(10)]

    outcomes = await asyncio.gather(*(store.append(one) for one in [*good[:5], bad, *good[5:]]), return_exceptions=True)

    assert isinstance(outcomes.pop(5), OrderloomError)
    return sum(isinstance(outcome, Appended) for outcome in outcomes)


@pytest.mark.parametrize(("sender", "stored"), [(PostgresSender, 10), (NeverSplit, 0)])
async def test_a_bad_row_does_not_fail_its_neighbours(
    fresh_store_url: str, sender: type[PostgresSender], stored: int
) -> None:
    async with opened(fresh_store_url, sender) as store:
        first = noting("note-first", NO_STREAM, "first")
        await store.append(first)
        again = append_of(StreamWrite("note-again", NO_STREAM, first.writes[0].events))

        assert await stored_beside(store, again) == stored


@pytest.mark.parametrize(("verdict", "stored"), [("for each append", 10), ("for the batch", 0)])
async def test_a_conflict_does_not_fail_its_neighbours(
    fresh_store_url: str, take_out: TakeOut, verdict: str, stored: int
) -> None:
    """Nor does it cost them a second try: here nothing is ever split."""
    if verdict == "for the batch":
        take_out(fresh_store_url, "append_events", ("IF all_or_nothing AND cardinality", "IF cardinality"))
    async with opened(fresh_store_url, NeverSplit) as store:
        await store.append(noting("note-taken", NO_STREAM, "first"))

        assert await stored_beside(store, noting("note-taken", NO_STREAM, "too late")) == stored


@pytest.mark.parametrize("skipped", ["an append", "a stream"])
async def test_several_streams_are_appended_all_or_none(fresh_store_url: str, take_out: TakeOut, skipped: str) -> None:
    if skipped == "a stream":
        its_own = (
            "WHERE e.head NOT IN (SELECT w.stream FROM unnest(write_stream, write_expected) AS w (stream, expected) "
            "WHERE w.expected <> heads[w.stream]);"
        )
        take_out(fresh_store_url, "append_events", ("WHERE e.append <> ALL (skipped);", its_own))
    async with opened(fresh_store_url, PostgresSender) as store:
        await store.append(noting("note-taken", NO_STREAM, "first"))
        streams = [StreamWrite(name, NO_STREAM, notes("half")) for name in ("note-1", "note-taken", "note-2")]

        with pytest.raises(Conflict) as conflict:
            await store.append(append_of(*streams))

        assert (conflict.value.stream, conflict.value.expected, conflict.value.actual) == ("note-taken", 0, 1)
        assert texts(await store.read_log(0)) == (["first"] if skipped == "an append" else ["first", "half", "half"])
