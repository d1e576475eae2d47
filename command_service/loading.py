"""Loads what a command is decided on: whole streams, folded, at the version they were read at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from command_service.coalescing import Coalesced
from eventing.codec import Codec
from eventing.decider import Decider
from eventing.envelope import Envelope, Recorded
from eventing.event_store import EventStore

I = TypeVar("I")  # noqa: E741 - as in eventing.decider: input, state, event
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it was read, decoded."""

    name: str
    envelopes: Sequence[Envelope[Any]]

    @property
    def version(self) -> int:
        return len(self.envelopes)

    @property
    def position(self) -> int:
        return self.envelopes[-1].recorded.position if self.envelopes else 0

    def fold(self, decider: Decider[I, S, E]) -> Loaded[S]:
        return Loaded(self, decider.fold(envelope.event for envelope in self.envelopes))


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    stream: Stream
    state: S

    @property
    def version(self) -> int:
        return self.stream.version


class Loader:
    def __init__(self, store: EventStore, codec: Codec) -> None:
        self._records = Coalesced[str, Sequence[Recorded]](store.read_many)
        self._codec = codec

    async def load(self, *names: str) -> list[Stream]:
        found = await self._records.get(names)
        return [Stream(name, [self._decoded(recorded) for recorded in found[name]]) for name in names]

    def _decoded(self, recorded: Recorded) -> Envelope[Any]:
        return Envelope(self._codec.decode(recorded.type, recorded.schema_version, recorded.body), recorded)
