"""What every event store promises of an append. Both implementations pass this suite as it is."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from eventing.envelope import Circumstances
from eventing.errors import Conflict
from eventing.event_store import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Appended,
    EventStore,
    StreamWrite,
)
from tests.support.notes import append_of, notes, noting, texts


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
