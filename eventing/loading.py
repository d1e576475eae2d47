"""A stream as the state that it folds to: now, at a version, or at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from eventing.codec import Codec
from eventing.decider import Decider
from eventing.envelope import Recorded
from eventing.event_store import EventStore
from eventing.snapshots import Snapshot, Snapshots, Snapshotted

S = TypeVar("S")


class Loaded(NamedTuple, Generic[S]):
    state: S
    version: int


async def load(
    store: EventStore,
    codec: Codec,
    decider: Decider[Any, S, Any],
    stream: str,
    *,
    to_version: int | None = None,
    to_time: datetime | None = None,
) -> Loaded[S]:
    events = await store.read(stream, to_version=to_version, to_time=to_time)
    return _folded(codec, decider, events, Loaded(decider.initial, 0))


async def load_snapshotted(
    store: EventStore, snapshots: Snapshots, codec: Codec, snapshotted: Snapshotted[S], stream: str
) -> Loaded[S]:
    """The newest state, from the newest snapshot and the events after it."""
    decider = snapshotted.decider
    start = await _start(store, snapshots, snapshotted, stream)
    events = await store.read(stream, from_version=start.version + 1)
    loaded = _folded(codec, decider, events, start)
    if len(events) >= snapshotted.every:
        state = snapshotted.format.dump(loaded.state)
        await snapshots.keep(Snapshot(stream, snapshotted.format.name, loaded.version, state))
    return loaded


async def _start(store: EventStore, snapshots: Snapshots, snapshotted: Snapshotted[S], stream: str) -> Loaded[S]:
    """A snapshot that is ahead of its stream is of another past, such as the one before a restored backup."""
    snapshot = await snapshots.newest(stream, snapshotted.format.name)
    if snapshot is None or not await store.read(stream, from_version=snapshot.version, limit=1):
        return Loaded(snapshotted.decider.initial, 0)
    return Loaded(snapshotted.format.load(snapshot.state), snapshot.version)


def _folded(codec: Codec, decider: Decider[Any, S, Any], events: Sequence[Recorded], start: Loaded[S]) -> Loaded[S]:
    decoded = (codec.decode(event.type, event.schema_version, event.body) for event in events)
    state = decider.fold(decoded, start.state)
    return Loaded(state, events[-1].version if events else start.version)
