"""Snapshots in Postgres: kept beside the events, proved equal to them, never believed when they are not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest

from eventing.avro.states import avro_format
from eventing.decider import Decider
from eventing.event_store import ANY_VERSION
from eventing.loading import load, load_snapshotted
from eventing.postgres.engine import make_engine
from eventing.postgres.store import PostgresEventStore
from eventing.postgres.verifying import Verifier
from eventing.snapshots import Snapshot, Snapshotted
from eventing.verification import Finding
from tests.support.notes import Note, NoteCodec, noting


@dataclass(frozen=True, slots=True)
class Length:
    characters: int = 0


DECIDER: Decider[None, Length, Note] = Decider(
    Length(), lambda _, __: (), lambda state, note: Length(state.characters + len(note.text))
)
KEPT = Snapshotted("note", DECIDER, avro_format(Length, "length", 1), every=5)


@pytest.fixture
async def store(fresh_store_url: str) -> AsyncIterator[PostgresEventStore]:
    async with PostgresEventStore.open(fresh_store_url, NoteCodec()) as opened:
        for text in ("a", "bb", "ccc", "dddd", "eeeee", "ffffff"):
            await opened.append(noting("note-1", ANY_VERSION, text))
        yield opened


async def findings(url: str) -> tuple[list[Finding], int]:
    engine = make_engine(url)
    verifier = Verifier(engine, NoteCodec(), [KEPT])
    found = [finding async for progress in verifier.run() for finding in progress.findings]
    await engine.dispose()
    return found, verifier.ignored_snapshots


async def test_a_load_from_a_snapshot_equals_the_fold_of_the_whole_stream(
    store: PostgresEventStore, fresh_store_url: str
) -> None:
    codec = NoteCodec()
    await load_snapshotted(store, store.snapshots, codec, KEPT, "note-1")
    await store.append(noting("note-1", ANY_VERSION, "later"))

    loaded = await load_snapshotted(store, store.snapshots, codec, KEPT, "note-1")

    kept = await store.snapshots.newest("note-1", KEPT.format.name)
    assert kept is not None
    assert kept.version == 6
    assert loaded == await load(store, codec, DECIDER, "note-1") == (Length(26), 7)
    assert await findings(fresh_store_url) == ([], 0)


async def test_a_snapshot_that_is_wrong_is_named_and_one_of_an_old_format_is_passed_over(
    store: PostgresEventStore, fresh_store_url: str
) -> None:
    await load_snapshotted(store, store.snapshots, NoteCodec(), KEPT, "note-1")
    await store.snapshots.keep(Snapshot("note-1", "length.v0.000000000000", 3, b"old"))
    with psycopg.connect(fresh_store_url, autocommit=True) as connection:
        wrong = KEPT.format.dump(Length(99))
        connection.execute("UPDATE snapshots SET state = %s WHERE format = %s", (wrong, KEPT.format.name))

    found, ignored = await findings(fresh_store_url)

    assert [(finding.rule, finding.where) for finding in found] == [("snapshots", "snapshot of note-1 at version 6")]
    assert ignored == 1


async def test_an_older_snapshot_never_replaces_a_newer_one(store: PostgresEventStore) -> None:
    await store.snapshots.keep(Snapshot("note-1", "f", 5, b"new"))

    await store.snapshots.keep(Snapshot("note-1", "f", 4, b"old"))

    assert await store.snapshots.newest("note-1", "f") == Snapshot("note-1", "f", 5, b"new")
