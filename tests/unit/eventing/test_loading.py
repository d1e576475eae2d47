"""A stream as the state that it folds to, with snapshots and without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from eventing.avro.states import avro_format
from eventing.decider import Decider
from eventing.errors import Unreadable
from eventing.event_store import ANY_VERSION
from eventing.loading import Loaded, load, load_snapshotted
from eventing.memory import MemoryEventStore
from eventing.snapshots import MemorySnapshots, Snapshot, SnapshotFormat, Snapshotted
from eventing.verification import check_snapshot
from tests.support.notes import Note, NoteCodec, noting

CODEC = NoteCodec()


@dataclass(frozen=True, slots=True)
class Letters:
    texts: tuple[str, ...] = ()
    last: str | None = None


def evolve(state: Letters, note: Note) -> Letters:
    return Letters((*state.texts, note.text), note.text)


DECIDER: Decider[None, Letters, Note] = Decider(Letters(), lambda _, __: (), evolve)
FORMAT = avro_format(Letters, "letters", 1)
KEPT = Snapshotted("note", DECIDER, FORMAT, every=3)


@pytest.fixture
async def store() -> MemoryEventStore:
    """A note a minute."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    times = iter([begin + timedelta(minutes=n) for n in range(100)])
    store = MemoryEventStore(CODEC, clock=lambda: next(times))
    for text in "abcd":
        await store.append(noting("note-1", ANY_VERSION, text))
    return store


def letters(text: str) -> Loaded[Letters]:
    return Loaded(Letters(tuple(text), text[-1] if text else None), len(text))


async def test_a_state_is_loaded_as_it_is_or_was(store: MemoryEventStore) -> None:
    assert await load(store, CODEC, DECIDER, "note-1") == letters("abcd")
    assert await load(store, CODEC, DECIDER, "note-1", to_version=2) == letters("ab")
    assert await load(store, CODEC, DECIDER, "note-1", to_time=datetime(2026, 1, 1, 0, 2, tzinfo=UTC)) == letters("abc")
    assert await load(store, CODEC, DECIDER, "note-2") == letters("")


async def test_a_snapshot_is_taken_after_a_long_fold_and_the_tail_comes_on_top(store: MemoryEventStore) -> None:
    snapshots = MemorySnapshots()
    assert await load_snapshotted(store, snapshots, CODEC, KEPT, "note-1") == letters("abcd")
    kept = await snapshots.newest("note-1", FORMAT.name)
    assert kept is not None
    assert kept.version == 4

    await store.append(noting("note-1", 4, "e"))

    assert await load_snapshotted(store, snapshots, CODEC, KEPT, "note-1") == letters("abcde")
    assert await snapshots.newest("note-1", FORMAT.name) == kept


async def test_a_snapshot_of_another_format_is_ignored(store: MemoryEventStore) -> None:
    snapshots = MemorySnapshots()
    await snapshots.keep(Snapshot("note-1", "letters.v0.000000000000", 4, b"of another shape"))

    assert await load_snapshotted(store, snapshots, CODEC, KEPT, "note-1") == letters("abcd")


async def test_a_snapshot_that_is_ahead_of_its_stream_is_ignored(store: MemoryEventStore) -> None:
    snapshots = MemorySnapshots()
    await snapshots.keep(Snapshot("note-1", FORMAT.name, 9, FORMAT.dump(Letters(("lost",), "lost"))))

    assert await load_snapshotted(store, snapshots, CODEC, KEPT, "note-1") == letters("abcd")


async def test_an_older_snapshot_never_replaces_a_newer_one() -> None:
    snapshots = MemorySnapshots()
    await snapshots.keep(Snapshot("note-1", "f", 5, b"new"))

    await snapshots.keep(Snapshot("note-1", "f", 4, b"old"))

    assert await snapshots.newest("note-1", "f") == Snapshot("note-1", "f", 5, b"new")


def test_another_shape_of_the_state_is_another_format() -> None:
    @dataclass(frozen=True, slots=True)
    class Letters:
        texts: tuple[str, ...] = ()
        last: str | None = None
        number: int = 0

    assert avro_format(Letters, "letters", 1).name != FORMAT.name


def test_a_snapshot_is_checked_against_the_fold() -> None:
    events = [Note("a"), Note("b")]

    def rules(version: int, state: bytes, kind: SnapshotFormat[Letters] = FORMAT) -> list[str]:
        snapshot = Snapshot("note-1", kind.name, version, state)
        return [finding.rule for finding in check_snapshot(snapshot, kind, DECIDER, events)]

    assert rules(2, FORMAT.dump(letters("ab").state)) == []
    assert rules(2, FORMAT.dump(letters("ax").state)) == ["snapshots"]
    assert rules(3, FORMAT.dump(letters("ab").state)) == ["snapshots"]

    def unreadable(state: bytes) -> Letters:
        raise Unreadable("garbage")

    assert rules(2, b"", SnapshotFormat("f", FORMAT.dump, unreadable)) == ["snapshots"]
