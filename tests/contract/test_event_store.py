"""What every event store promises. Both implementations pass this suite as it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from eventing.codec import MAX_BODY
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Conflict, Refusal
from eventing.event_store import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    AlreadyDone,
    Append,
    Appended,
    EventStore,
    InlineWrite,
    StreamWrite,
)
from tests.contract.event_stores import in_memory, on_postgres
from tests.support.notes import Note, append_of, asked, notes, noting, somebody, texts


@pytest.fixture(scope="module", params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[EventStore]:
    making = in_memory() if request.param == "memory" else on_postgres(request.getfixturevalue("database_url"))
    async with making as made:
        yield made


@pytest.fixture
def stream() -> str:
    return f"note-{uuid4()}"


class TestAppending:
    async def test_what_was_appended_is_read_back_as_it_was(self, store: EventStore, stream: str) -> None:
        circumstances = Circumstances(
            uuid4(), "alice", uuid4(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        )
        before = await store.head()
        append = noting(stream, NO_STREAM, "one", "two", circumstances=circumstances)

        done = await store.append(append)

        assert isinstance(done, Appended)
        assert (done.position, done.versions) == (before + 2, {stream: 2})
        events = await store.read(stream)
        assert texts(events) == ["one", "two"]
        assert [(event.position, event.version) for event in events] == [(before + 1, 1), (before + 2, 2)]
        for event, new in zip(events, append.writes[0].events, strict=True):
            assert event.event_id == new.event_id
            assert (event.stream, event.type, event.schema_version) == (stream, "test.noted", 1)
            assert event.recorded_at == done.recorded_at
            assert (event.correlation_id, event.actor, event.causation_id, event.traceparent) == circumstances

    async def test_positions_and_versions_have_no_gap(self, store: EventStore) -> None:
        before = await store.head()
        streams = [f"note-{uuid4()}" for _ in range(5)]

        for _ in range(4):
            await asyncio.gather(*(store.append(noting(one, ANY_VERSION, "a", "b")) for one in streams))

        log = await store.read_log(before)
        assert [event.position for event in log] == list(range(before + 1, before + 41))
        for one in streams:
            assert [event.version for event in log if event.stream == one] == list(range(1, 9))

    async def test_time_never_falls(self, store: EventStore, stream: str) -> None:
        for _ in range(5):
            await store.append(noting(stream, ANY_VERSION, "tick"))

        times = [event.recorded_at for event in await store.read(stream)]

        assert times == sorted(times)
        assert times[0].tzinfo is not None

    async def test_several_streams_are_appended_together(self, store: EventStore) -> None:
        one, other = f"note-{uuid4()}", f"note-{uuid4()}"

        done = await store.append(
            append_of(StreamWrite(one, NO_STREAM, notes("a")), StreamWrite(other, NO_STREAM, notes("b", "c")))
        )

        assert isinstance(done, Appended)
        assert done.versions == {one: 1, other: 2}
        assert [event.stream for event in await store.read_log(done.position - 3)] == [one, other, other]

    async def test_of_several_streams_all_or_none_is_appended(self, store: EventStore) -> None:
        one, other = f"note-{uuid4()}", f"note-{uuid4()}"
        await store.append(noting(other, NO_STREAM, "there already"))
        before = await store.head()

        with pytest.raises(Conflict) as conflict:
            await store.append(
                append_of(StreamWrite(one, NO_STREAM, notes("a")), StreamWrite(other, NO_STREAM, notes("b")))
            )

        assert (conflict.value.stream, conflict.value.expected, conflict.value.actual) == (other, NO_STREAM, 1)
        assert await store.head() == before
        assert await store.read(one) == []


class TestExpectations:
    @pytest.mark.parametrize(
        ("versions", "expected", "holds"),
        [
            (0, NO_STREAM, True),
            (2, NO_STREAM, False),
            (2, 2, True),
            (2, 1, False),
            (2, 3, False),
            (0, 1, False),
            (0, STREAM_EXISTS, False),
            (2, STREAM_EXISTS, True),
            (0, ANY_VERSION, True),
            (2, ANY_VERSION, True),
        ],
    )
    @pytest.mark.parametrize("check_only", [False, True])
    async def test_an_append_needs_the_version_that_it_expects(
        self, store: EventStore, stream: str, versions: int, expected: int, holds: bool, check_only: bool
    ) -> None:
        if versions:
            await store.append(noting(stream, NO_STREAM, *["before"] * versions))
        other = f"note-{uuid4()}"
        written = StreamWrite(other, NO_STREAM, notes("elsewhere"))
        append = append_of(written, StreamWrite(stream, expected, () if check_only else notes("new")))

        if holds:
            done = await store.append(append)
            assert isinstance(done, Appended)
            assert done.versions == {other: 1, stream: versions + (not check_only)}
        else:
            with pytest.raises(Conflict) as conflict:
                await store.append(append)
            assert (conflict.value.stream, conflict.value.expected, conflict.value.actual) == (
                stream,
                expected,
                versions,
            )
            assert len(await store.read(stream)) == versions
            assert await store.read(other) == []

    async def test_of_many_with_one_expectation_exactly_one_wins(self, store: EventStore, stream: str) -> None:
        await store.append(noting(stream, NO_STREAM, "first"))

        outcomes = await asyncio.gather(
            *(store.append(noting(stream, 1, f"writer {n}")) for n in range(32)), return_exceptions=True
        )

        won = [outcome for outcome in outcomes if isinstance(outcome, Appended)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert (len(won), len(lost)) == (1, 31)
        assert {(one.stream, one.expected, one.actual) for one in lost} == {(stream, 1, 2)}
        assert [event.version for event in await store.read(stream)] == [1, 2]

    async def test_a_loser_never_touches_its_neighbours(self, store: EventStore, stream: str) -> None:
        await store.append(noting(stream, NO_STREAM, "taken"))
        others = [f"note-{uuid4()}" for _ in range(20)]

        outcomes = await asyncio.gather(
            *(store.append(noting(one, NO_STREAM, "fine")) for one in others[:10]),
            store.append(noting(stream, NO_STREAM, "too late")),
            *(store.append(noting(one, NO_STREAM, "fine")) for one in others[10:]),
            return_exceptions=True,
        )

        assert isinstance(outcomes.pop(10), Conflict)
        assert all(isinstance(outcome, Appended) for outcome in outcomes)
        assert {len(events) for events in (await store.read_many(others)).values()} == {1}


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


class TestReading:
    async def test_a_part_of_a_stream_can_be_read(self, store: EventStore, stream: str) -> None:
        await store.append(noting(stream, NO_STREAM, *"abcdef"))

        assert texts(await store.read(stream, from_version=3)) == ["c", "d", "e", "f"]
        assert texts(await store.read(stream, to_version=2)) == ["a", "b"]
        assert texts(await store.read(stream, from_version=2, to_version=4)) == ["b", "c", "d"]
        assert texts(await store.read(stream, limit=2)) == ["a", "b"]
        assert texts(await store.read(stream, backwards=True, limit=2)) == ["f", "e"]
        assert texts(await store.read(stream, backwards=True, to_version=3)) == ["c", "b", "a"]
        assert await store.read("note-unknown") == []

    async def test_a_stream_can_be_read_as_it_was_at_a_time(self, store: EventStore, stream: str) -> None:
        early = await store.append(noting(stream, NO_STREAM, "early"))
        late = await store.append(noting(stream, 1, "late"))

        assert texts(await store.read(stream, to_time=late.recorded_at)) == ["early", "late"]
        before = late.recorded_at - timedelta(microseconds=1)
        assert texts(await store.read(stream, to_time=before)) == ["early"] * (early.recorded_at <= before)
        assert await store.read(stream, to_time=early.recorded_at - timedelta(microseconds=1)) == []

    async def test_many_streams_are_read_at_once(self, store: EventStore) -> None:
        one, other, none = (f"note-{uuid4()}" for _ in range(3))
        await store.append(noting(one, NO_STREAM, "a", "b"))
        await store.append(noting(other, NO_STREAM, "c"))

        found = await store.read_many([one, other, none])

        assert {stream: texts(events) for stream, events in found.items()} == {one: ["a", "b"], other: ["c"], none: []}

    async def test_an_event_is_found_by_its_id(self, store: EventStore, stream: str) -> None:
        append = noting(stream, NO_STREAM, "a", "b")
        await store.append(append)

        found = await store.read_event(append.writes[0].events[1].event_id)

        assert found is not None
        assert found.body == b"b"
        assert await store.read_event(uuid4()) is None

    async def test_a_conversation_is_read_in_the_order_of_the_log(self, store: EventStore) -> None:
        conversation = somebody(correlation_id=uuid4())
        for text in "abc":
            await store.append(noting(f"note-{uuid4()}", NO_STREAM, text, circumstances=conversation))
            await store.append(noting(f"note-{uuid4()}", NO_STREAM, "of somebody else"))

        assert texts(await store.read_correlated(conversation.correlation_id)) == ["a", "b", "c"]
        assert texts(await store.read_correlated(conversation.correlation_id, limit=2)) == ["a", "b"]

    async def test_the_log_is_read_page_by_page(self, store: EventStore, stream: str) -> None:
        before = await store.head()
        await store.append(noting(stream, NO_STREAM, *"abcdefg"))

        pages = [await store.read_log(before + n, limit=3) for n in (0, 3, 6, 7)]

        assert [texts(page) for page in pages] == [["a", "b", "c"], ["d", "e", "f"], ["g"], []]

    async def test_who_follows_sees_what_is_there_and_what_comes(self, store: EventStore, stream: str) -> None:
        before = await store.head()
        await store.append(noting(stream, NO_STREAM, "there"))
        following = store.follow(before)
        seen = texts(await anext(following))

        coming = asyncio.ensure_future(anext(following))
        await store.append(noting(stream, 1, "to come"))
        seen += texts(await coming)
        await following.aclose()  # type: ignore[attr-defined]  # a generator is what both stores give

        assert seen == ["there", "to come"]
