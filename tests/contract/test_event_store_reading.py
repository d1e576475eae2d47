"""What every event store promises of reading. Both implementations pass this suite as it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

from eventing.event_store import (
    NO_STREAM,
    EventStore,
)
from tests.support.notes import noting, somebody, texts


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

    async def test_of_many_streams_the_newest_events_are_read(self, store: EventStore) -> None:
        one, other, none = (f"note-{uuid4()}" for _ in range(3))
        await store.append(noting(one, NO_STREAM, *"abcd"))
        await store.append(noting(other, NO_STREAM, "e"))

        found = await store.read_many([one, other, none], newest=2)

        assert {stream: texts(events) for stream, events in found.items()} == {one: ["c", "d"], other: ["e"], none: []}
        assert [event.version for event in found[one]] == [3, 4]

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
