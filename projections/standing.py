"""What a projection knows of itself, for its health, its metrics and its report. Written by one thread, read by others.

starting   it has not read anything yet
running    it reads, folds and writes
paused     its store or Postgres does not answer; it tries again by itself
lost       its store no longer has what was written; it waits until somebody rebuilds the model
failed     something is set up wrongly; it looks again every few seconds
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from eventing.consuming import Mark, Partition

State = Literal["starting", "running", "paused", "lost", "failed"]
RATE_SECONDS: Final = 5.0


class Standing:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.state: State = "starting"
        self.error: str | None = None
        """The last thing that went wrong; it may be over."""
        self.error_at: datetime | None = None
        self.failures = 0
        self.marks: dict[Partition, Mark] = {}
        self.searchable: dict[Partition, int] = {}
        self.heads: Mapping[Partition, int] = {}
        self.events = 0
        self.redelivered = 0
        """Came once more, and was passed over."""
        self.documents = 0
        self.parked_keys = 0
        self.parked = 0
        self.mended = 0
        """The last repair of its build from before which it remembers nothing."""
        self.hits = 0
        self.misses = 0
        self.rate = 0.0
        self._clock = clock
        self._counted = clock(), 0
        self._level_at: dict[Partition, float] = {}
        """When each partition was last seen without lag."""
        self._in_trouble_since: float | None = None

    def well(self) -> None:
        self.state, self._in_trouble_since = "running", None

    def trip(self, state: State, error: Exception) -> None:
        if self._in_trouble_since is None:
            self._in_trouble_since = self._clock()
        if (self.state, self.error) != (state, str(error)):
            self.failures += 1
            self.error_at = datetime.now(UTC)
        self.state, self.error = state, str(error)

    def seconds_in_trouble(self) -> float:
        return 0.0 if self._in_trouble_since is None else self._clock() - self._in_trouble_since

    def taken_over(self, marks: Mapping[Partition, Mark]) -> None:
        self.marks = {**self.marks, **marks}

    def kept(self, marks: Mapping[Partition, Mark], documents: int, parked: int) -> None:
        self.taken_over(marks)
        self.documents += documents
        self.parked += parked

    def given_up(self, partitions: set[Partition]) -> None:
        self.marks = {one: mark for one, mark in self.marks.items() if one not in partitions}
        self.searchable = {one: at for one, at in self.searchable.items() if one not in partitions}

    def measure(self, heads: Mapping[Partition, int]) -> None:
        """To be asked about once a second."""
        now, (before, events) = self._clock(), self._counted
        self._counted = now, self.events
        if (seconds := now - before) > 0:
            self.rate += ((self.events - events) / seconds - self.rate) * min(1.0, seconds / RATE_SECONDS)
        self.heads = {one: heads[one] for one in self.marks if one in heads}
        for one, head in self.heads.items():
            if one not in self._level_at or self.lag_of(one, head) == 0:
                self._level_at[one] = now

    def lag_of(self, partition: Partition, head: int) -> int:
        mark = self.marks.get(partition)
        return max(0, head - mark.offset) if mark else 0

    @property
    def lag_events(self) -> int:
        return sum(self.lag_of(one, head) for one, head in dict(self.heads).items())

    @property
    def lag_seconds(self) -> float:
        """How long the partition that is longest behind has not been level with its head."""
        now = self._clock()
        behind = [one for one, head in dict(self.heads).items() if self.lag_of(one, head)]
        return max((now - self._level_at.get(one, now) for one in behind), default=0.0)
