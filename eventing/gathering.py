"""Which of the waiting appends go into the next batch.

Within a batch no append writes a stream that another one touches, and no idempotency key occurs twice, so that each can
be answered by itself. What collides waits for the next batch, and so does whatever collides with that: the order of
those who touch one stream is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from eventing.event_store import Idempotency


class Gatherable(Protocol):
    @property
    def streams(self) -> Sequence[str]: ...
    @property
    def written(self) -> Sequence[str]: ...
    @property
    def idempotency(self) -> Idempotency | None: ...
    @property
    def events(self) -> int: ...
    @property
    def size(self) -> int: ...


class Waiting(Protocol):
    @property
    def item(self) -> Gatherable: ...
    @property
    def given_up(self) -> bool: ...


class Limits(NamedTuple):
    """Of one batch. The first append is always taken, however large."""

    appends: int = 256
    events: int = 1000
    size: int = 4 * 1024 * 1024


LOOK_AHEAD: Final = 512
"""How many that collide are passed over before the batch is closed: a hot stream must not make gathering slow."""

W = TypeVar("W", bound=Waiting)


def gather(queue: deque[W], limits: Limits) -> list[W]:
    """Takes the batch out of the queue; what was passed over stays at its head, in order."""
    batch: list[W] = []
    passed_over: list[W] = []
    touched: set[str] = set()
    written: set[str] = set()
    keys: set[tuple[str, str]] = set()
    events = size = 0
    while queue and len(batch) < limits.appends and len(passed_over) < LOOK_AHEAD:
        item = queue[0].item
        if batch and (events + item.events > limits.events or size + item.size > limits.size):
            break
        waiting = queue.popleft()
        if waiting.given_up:
            continue
        key = item.idempotency and item.idempotency[:2]
        if touched.isdisjoint(item.written) and written.isdisjoint(item.streams) and key not in keys:
            batch.append(waiting)
            events += item.events
            size += item.size
        else:
            passed_over.append(waiting)
        touched.update(item.streams)
        written.update(item.written)
        if key:
            keys.add(key)
    queue.extendleft(reversed(passed_over))
    return batch
