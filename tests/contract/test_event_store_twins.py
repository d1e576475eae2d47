"""Whatever is asked of both stores, they answer alike and hold the same afterwards."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from eventing.envelope import NewEvent, Recorded
from eventing.errors import Conflict, Refusal
from eventing.event_store import AlreadyDone, Append, Appended, EventStore, Idempotency, StreamWrite
from tests.contract.event_stores import in_memory, on_postgres
from tests.support.notes import Note, somebody

STREAMS = [f"note-{letter}" for letter in "abcde"]
CONVERSATION = somebody(correlation_id=UUID(int=1))


@pytest.fixture(scope="module")
async def twins(database_url: str) -> AsyncIterator[tuple[EventStore, EventStore]]:
    async with in_memory() as memory, on_postgres(database_url) as postgres:
        yield memory, postgres


def any_append(chance: random.Random) -> Append:
    writes = []
    for stream in chance.sample(STREAMS, chance.randint(0, 3)):
        expected = chance.choice([-2, -2, -1, 0, chance.randint(1, 6)])
        ids = [UUID(int=chance.getrandbits(128) if chance.random() < 0.97 else 42) for _ in range(chance.randint(0, 3))]
        writes.append(StreamWrite(stream, expected, [NewEvent(one, Note(f"{one.int % 1000}")) for one in ids]))
    key = Idempotency("twins", f"{chance.randint(0, 40)}", chance.randbytes(2), chance.randbytes(3))
    return Append(writes, CONVERSATION, key if chance.random() < 0.3 else None)


async def outcome(store: EventStore, append: Append) -> object:
    """All but the time, which is each store's own."""
    try:
        done = await store.append(append)
    except Conflict as conflict:
        return conflict.stream, conflict.expected, conflict.actual
    except Refusal as refusal:
        return refusal.code
    if isinstance(done, AlreadyDone):
        return "done before", done.position, done.fingerprint, done.answer
    return done.position, dict(done.versions)


def timeless(events: list[Recorded]) -> list[Recorded]:
    return [event._replace(recorded_at=events[0].recorded_at) for event in events]


@pytest.mark.parametrize("seed", range(4))
async def test_the_twins_answer_alike(twins: tuple[EventStore, EventStore], seed: int) -> None:
    memory, postgres = twins
    chance = random.Random(seed)

    for _ in range(150):
        append = any_append(chance)
        assert await outcome(memory, append) == await outcome(postgres, append), append

    logs = [timeless(list(await store.read_log(0, limit=10_000))) for store in twins]
    assert [event._replace(recorded_at=logs[0][0].recorded_at) for event in logs[1]] == logs[0]


async def test_a_batch_is_answered_as_if_each_had_come_alone(twins: tuple[EventStore, EventStore]) -> None:
    """Many at once on Postgres are gathered in batches; one after the other, in memory, gives the same log or another
    order of it, but never another number of events or a gap."""
    _, postgres = twins
    chance = random.Random(99)
    before = await postgres.head()

    outcomes = await asyncio.gather(*(postgres.append(any_append(chance)) for _ in range(300)), return_exceptions=True)

    events = await postgres.read_log(before, limit=10_000)
    assert [event.position for event in events] == list(range(before + 1, before + len(events) + 1))
    assert all(isinstance(one, Appended | AlreadyDone | Refusal) for one in outcomes)
    for stream in STREAMS:
        versions = [event.version for event in await postgres.read(stream)]
        assert versions == list(range(1, len(versions) + 1))
