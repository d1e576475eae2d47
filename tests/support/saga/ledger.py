"""What is kept: the log and its streams, marks, stock levels with their locks. One method call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from eventing.schema import type_name


class Kept(NamedTuple):
    position: int
    category: str
    key: str
    event: Any


class Snapshot(NamedTuple):
    """A stream as somebody has read it."""

    category: str
    key: str
    events: tuple[Any, ...]


Write = tuple[Snapshot, Sequence[Any]]
"""Events for a stream that is still as it was read; without events only that is asked."""


class Moved(Exception):
    """A stream or a mark is not where it was believed to be."""


class Ledger:
    def __init__(self, levels: Mapping[str, int], watch: Callable[[Kept], None], note: Callable[..., None]) -> None:
        self.log: list[Kept] = []
        self.streams: dict[tuple[str, str], tuple[Any, ...]] = {}
        self.marks: dict[tuple[str, int], tuple[int, int]] = {}
        self.levels = dict(levels)
        self.locks: dict[str, object] = {}
        self._watch = watch
        self._note = note

    def read(self, category: str, key: str) -> Snapshot:
        return Snapshot(category, key, self.streams.get((category, key), ()))

    def lock(self, skus: Sequence[str], holder: object) -> bool:
        """All or none; the real thing waits for each in the order of the SKUs instead."""
        if any(self.locks.get(sku, holder) is not holder for sku in skus):
            return False
        for sku in skus:
            self.locks[sku] = holder
        return True

    def unlock(self, holder: object) -> None:
        for sku in [sku for sku, other in self.locks.items() if other is holder]:
            del self.locks[sku]

    def demand(self, writes: Sequence[Write]) -> None:
        for read, _ in writes:
            if len(self.streams.get((read.category, read.key), ())) != len(read.events):
                raise Moved(f"{read.category}-{read.key}")

    def append(self, writes: Sequence[Write], actor: str) -> None:
        for read, events in writes:
            for event in events:
                self._append(read.category, read.key, event, actor)

    def _append(self, category: str, key: str, event: Any, actor: str) -> None:
        kept = Kept(len(self.log) + 1, category, key, event)
        self.log.append(kept)
        self.streams[category, key] = (*self.streams.get((category, key), ()), event)
        self._note("%4d %s: %s-%s %s", kept.position, actor, category, key, type_name(event))
        self._watch(kept)
