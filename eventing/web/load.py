"""Turning away what can't be done in time, before any work on it: an honest 503 now beats a timeout later.

Three watchers: how many requests are worked on at once, against a limit that follows their latency; how full the
appender's queue is; how far the relay lags. The last two concern commands alone: reading goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from eventing.web.concurrency_limit import ConcurrencyLimit
from eventing.web.refusals import Overloaded

QUEUE_SHARE: Final = 0.8


class Queue(NamedTuple):
    depth: int
    limit: int


class Lag(NamedTuple):
    events: int
    seconds: float


class LagLimit(NamedTuple):
    events: int
    seconds: float


def no_queue() -> Queue:
    return Queue(0, 1)


def no_lag() -> Lag:
    return Lag(0, 0.0)


class LoadShedder:
    """`queue` and `lag` are asked for each command, so they must be plain reads; whoever measures does it elsewhere."""

    def __init__(
        self,
        *,
        queue: Callable[[], Queue] = no_queue,
        lag: Callable[[], Lag] = no_lag,
        lag_limit: LagLimit = LagLimit(events=1_000_000, seconds=300.0),
        concurrency: ConcurrencyLimit | None = None,
    ) -> None:
        self._queue = queue
        self._lag = lag
        self._lag_limit = lag_limit
        self.concurrency = concurrency or ConcurrencyLimit()

    def enter(self, *, command: bool) -> float:
        """Raises `Overloaded`, or gives what `leave` wants to have back."""
        if command:
            self._check_the_way_out()
        if not self.concurrency.enter():
            raise Overloaded(retry_after=1, reason="concurrency")
        return time.perf_counter()

    def leave(self, entered: float, *, finished: bool) -> None:
        """Only what was worked on to its end tells how long work takes."""
        self.concurrency.leave(time.perf_counter() - entered if finished else None)

    def _check_the_way_out(self) -> None:
        depth, limit = self._queue()
        if depth >= limit * QUEUE_SHARE:
            raise Overloaded(retry_after=1, reason="append_queue")
        events, seconds = self._lag()
        if events > self._lag_limit.events or seconds > self._lag_limit.seconds:
            raise Overloaded(retry_after=5, reason="relay_lag")
