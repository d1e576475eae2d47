"""Loads what a command is decided on: streams, folded, at the version they were read at.

The newest events of a stream are read; of nearly all streams those are all. What a longer one was before them says a
snapshot, which is taken anew now and then. So a command about a stream of a million events reads as few as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, TypeVar

from command_service.coalescing import Coalesced
from eventing.codec import Codec
from eventing.decider import Decider
from eventing.envelope import Envelope, Recorded
from eventing.errors import OrderloomError
from eventing.event_store import EventStore
from eventing.snapshots import Snapshot, Snapshots, Snapshotted
from eventing.streams import category_of

I = TypeVar("I")  # noqa: E741 - as in eventing.decider: input, state, event
S = TypeVar("S")
E = TypeVar("E")

WINDOW: Final = 100
"""Events that are read of a stream. A snapshot is taken anew well before the newest one has left it behind."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it was read: its newest events, and its state at an earlier version."""

    name: str
    codec: Codec
    newest: Sequence[Recorded]
    snapshot: Any = None
    at: int = 0
    """The version of the snapshot; 0 for none, then the events are all there are."""

    @property
    def version(self) -> int:
        return self.newest[-1].version if self.newest else 0

    @property
    def position(self) -> int:
        return self.newest[-1].position if self.newest else 0

    def since(self, version: int) -> Sequence[Envelope[Any]]:
        """The events after this version, as far as they were read."""
        later = [recorded for recorded in self.newest if recorded.version > version]
        return [Envelope(self.codec.decode(one.type, one.schema_version, one.body), one) for one in later]

    def fold(self, decider: Decider[I, S, E]) -> Loaded[S]:
        return Loaded(self, decider.fold((envelope.event for envelope in self.since(self.at)), self.snapshot))


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    stream: Stream
    state: S

    @property
    def version(self) -> int:
        return self.stream.version


class Loader:
    def __init__(
        self, store: EventStore, codec: Codec, snapshots: Snapshots, snapshotted: Sequence[Snapshotted[Any]]
    ) -> None:
        self._store = store
        self._codec = codec
        self._snapshots = snapshots
        self._kept: Mapping[str, Snapshotted[Any]] = {kept.category: kept for kept in snapshotted}
        self._newest = Coalesced[str, Sequence[Recorded]](partial(store.read_many, newest=WINDOW))

    async def load(self, *names: str) -> list[Stream]:
        found = await self._newest.get(names)
        return [await self._stream(Stream(name, self._codec, found[name])) for name in names]

    async def _stream(self, stream: Stream) -> Stream:
        if not stream.newest or stream.newest[0].version == 1:
            return stream
        kept = self._kept.get(category_of(stream.name))
        if kept is None:
            return await self._whole(stream)
        loaded = await self._from_snapshot(stream, kept) or await self._whole(stream)
        return loaded if loaded.version - loaded.at < kept.every else await self._snapshotted(loaded, kept)

    async def _from_snapshot(self, stream: Stream, kept: Snapshotted[Any]) -> Stream | None:
        """One that does not reach to the events, or is ahead of them, is of no use."""
        found = await self._snapshots.newest(stream.name, kept.format.name)
        if found is None or not stream.newest[0].version - 1 <= found.version <= stream.version:
            return None
        return replace(stream, snapshot=kept.format.load(found.state), at=found.version)

    async def _whole(self, stream: Stream) -> Stream:
        return replace(stream, newest=await self._store.read(stream.name))

    async def _snapshotted(self, stream: Stream, kept: Snapshotted[Any]) -> Stream:
        state = stream.fold(kept.decider).state
        # One that can't be kept now is kept the next time.
        with suppress(OrderloomError):
            await self._snapshots.keep(Snapshot(stream.name, kept.format.name, stream.version, kept.format.dump(state)))
        return replace(stream, snapshot=state, at=stream.version)
