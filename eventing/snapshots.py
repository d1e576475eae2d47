"""The state of a long stream at some version, kept so that loading it need not fold everything.

A snapshot is a copy that can be thrown away at any time. It is ignored, and later replaced, when its format is not the
one in use: so a format's name has to change whenever the state's shape or its `evolve` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from eventing.decider import Decider

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class SnapshotFormat(Generic[S]):
    name: str
    dump: Callable[[S], bytes]
    load: Callable[[bytes], S]


EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class LongStreams:
    """Declared beside an aggregate: its streams may become long, so their states are kept now and then."""

    category: str
    decider: Decider[Any, Any, Any]
    state: type
    """What the decider's state is once a stream has begun."""
    revision: int = 1
    """To be raised when `evolve` changes and the shape of the state does not."""
    every: int = EVERY


@dataclass(frozen=True, slots=True)
class Snapshotted(Generic[S]):
    """A category of streams whose states are kept, and how they become bytes."""

    category: str
    decider: Decider[Any, S, Any]
    format: SnapshotFormat[S]
    every: int = EVERY
    """A load that folds so many events keeps what came out."""


class Snapshot(NamedTuple):
    stream: str
    format: str
    version: int
    state: bytes


class Snapshots(Protocol):
    async def newest(self, stream: str, format_name: str) -> Snapshot | None: ...

    async def keep(self, snapshot: Snapshot) -> None:
        """Replaces an older one; one that is newer already stays."""
        ...


class MemorySnapshots:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Snapshot] = {}

    async def newest(self, stream: str, format_name: str) -> Snapshot | None:
        return self._kept.get((stream, format_name))

    async def keep(self, snapshot: Snapshot) -> None:
        kept = self._kept.get(snapshot[:2])
        if kept is None or kept.version < snapshot.version:
            self._kept[snapshot.stream, snapshot.format] = snapshot
