"""What is done once, and what is not done at all. Both implementations pass this suite as it is."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from eventing.codec import MAX_BODY
from eventing.envelope import NewEvent
from eventing.errors import Conflict, Refusal
from eventing.event_store import (
    ANY_VERSION,
    NO_STREAM,
    AlreadyDone,
    Append,
    Appended,
    EventStore,
    InlineWrite,
    StreamWrite,
)
from tests.support.notes import Note, append_of, asked, noting, somebody, texts


class TestIdempotency:
    async def test_one_key_has_one_effect_and_one_answer(self, store: EventStore, stream: str) -> None:
        key = str(uuid4())
        first = await store.append(noting(stream, NO_STREAM, "once", idempotency=asked(key)))

        again = await store.append(noting(stream, NO_STREAM, "twice", idempotency=asked(key, answer=b"other")))

        assert isinstance(first, Appended)
        assert again == AlreadyDone(first.position, b"request", b"answer", first.recorded_at)
        assert texts(await store.read(stream)) == ["once"]
        assert await store.recall("tests", key) == again

    async def test_many_at_once_with_one_key_have_one_effect(self, store: EventStore, stream: str) -> None:
        key = str(uuid4())

        outcomes = await asyncio.gather(
            *(store.append(noting(stream, ANY_VERSION, f"{n}", idempotency=asked(key))) for n in range(20))
        )

        assert [type(outcome) for outcome in outcomes].count(Appended) == 1
        assert {outcome.position for outcome in outcomes} == {outcomes[0].position}
        assert len(await store.read(stream)) == 1

    async def test_the_first_request_is_kept_so_that_another_can_be_told_apart(self, store: EventStore) -> None:
        key = str(uuid4())
        await store.append(append_of(idempotency=asked(key, fingerprint=b"first")))

        again = await store.append(append_of(idempotency=asked(key, fingerprint=b"second")))

        assert isinstance(again, AlreadyDone)
        assert again.fingerprint == b"first"

    async def test_keys_of_two_scopes_never_meet(self, store: EventStore, stream: str) -> None:
        key = str(uuid4())
        await store.append(noting(stream, ANY_VERSION, "one", idempotency=asked(key, scope="alice")))

        done = await store.append(noting(stream, ANY_VERSION, "other", idempotency=asked(key, scope="bob")))

        assert isinstance(done, Appended)

    async def test_a_conflict_leaves_the_key_unused(self, store: EventStore, stream: str) -> None:
        key = str(uuid4())
        with pytest.raises(Conflict):
            await store.append(noting(stream, 7, "too early", idempotency=asked(key)))

        assert await store.recall("tests", key) is None
        assert isinstance(await store.append(noting(stream, NO_STREAM, "now", idempotency=asked(key))), Appended)

    async def test_an_answer_can_be_kept_without_an_event(self, store: EventStore) -> None:
        key, before = str(uuid4()), await store.head()

        done = await store.append(append_of(idempotency=asked(key, answer=b"refused")))

        assert isinstance(done, Appended)
        assert (done.position, done.versions) == (before, {})
        kept = await store.recall("tests", key)
        assert kept is not None
        assert (kept.answer, kept.position) == (b"refused", before)


class TestRefusals:
    @pytest.mark.parametrize(
        ("append", "code"),
        [
            (append_of(*[StreamWrite("note-1", ANY_VERSION, ())] * 2), "stream_twice"),
            (noting("Note-1", NO_STREAM, "x"), "invalid_stream"),
            (noting("note-a b", NO_STREAM, "x"), "invalid_stream"),
            (noting("note-1", -3, "x"), "invalid_expectation"),
            (noting("note-1", NO_STREAM, *["x"] * 1001), "append_too_large"),
            (noting("note-1", NO_STREAM, "x", circumstances=somebody("a\0b")), "invalid_actor"),
            (noting("note-1", NO_STREAM, "x", circumstances=somebody("\ud800")), "invalid_actor"),
            (noting("note-1", NO_STREAM, "x", idempotency=asked("k" * 256)), "invalid_idempotency_key"),
            (noting("note-1", NO_STREAM, "x", inline=[InlineWrite("drop table", {})]), "invalid_inline_write"),
            (noting("note-1", NO_STREAM, "x", inline=[InlineWrite("nobody_wrote_it", {})]), "invalid_inline_write"),
            (append_of(inline=[InlineWrite("count_up", {"name": "x", "by": 1})]), "invalid_inline_write"),
            (noting("note-1", NO_STREAM, "x" * (MAX_BODY + 1)), "event_too_large"),
        ],
    )
    async def test_what_can_not_be_stored_is_refused_with_a_code(
        self, store: EventStore, append: Append, code: str
    ) -> None:
        before = await store.head()

        with pytest.raises(Refusal) as refusal:
            await store.append(append)

        assert refusal.value.code == code
        assert await store.head() == before

    async def test_the_largest_event_is_stored(self, store: EventStore, stream: str) -> None:
        await store.append(noting(stream, NO_STREAM, "x" * MAX_BODY))

        assert len((await store.read(stream))[0].body) == MAX_BODY

    async def test_an_event_is_stored_once_and_its_neighbours_are_not_touched(self, store: EventStore) -> None:
        event = NewEvent(uuid4(), Note("once"))
        streams = [f"note-{uuid4()}" for _ in range(9)]
        await store.append(append_of(StreamWrite(streams[0], NO_STREAM, [event])))

        outcomes = await asyncio.gather(
            *(store.append(noting(one, NO_STREAM, "fine")) for one in streams[2:]),
            store.append(append_of(StreamWrite(streams[1], NO_STREAM, [event]))),
            return_exceptions=True,
        )

        refusal = outcomes.pop()
        assert isinstance(refusal, Refusal)
        assert refusal.code == "duplicate_event"
        assert all(isinstance(outcome, Appended) for outcome in outcomes)
        assert await store.read(streams[1]) == []

    async def test_an_inline_write_that_refuses_takes_its_own_append_back_and_no_other(self, store: EventStore) -> None:
        streams = [f"note-{uuid4()}" for _ in range(9)]

        outcomes = await asyncio.gather(
            *(
                store.append(
                    noting(one, NO_STREAM, "x", inline=[InlineWrite("count_up", {"name": one, "by": by}, key=one)])
                )
                for one, by in zip(streams, [1, 1, 1, 1, -1, 1, 1, 1, 1], strict=True)
            ),
            return_exceptions=True,
        )

        refusal = outcomes.pop(4)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "counts_down"
        assert all(isinstance(outcome, Appended) for outcome in outcomes)
        assert await store.read(streams[4]) == []
