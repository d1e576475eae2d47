"""What a worker of the saga knows of itself, for its health and its metrics. Written by one thread, read by others."""

from __future__ import annotations

import time
from typing import Final

from eventing.errors import OrderloomError

RATE_SECONDS: Final = 5.0
TROUBLE_SECONDS: Final = 10.0
"""How long something may stand in the way before health turns red."""


class ItStands(OrderloomError):
    """Something stands in the way."""


class Pulse:
    def __init__(self, name: str) -> None:
        self.name = name
        self.events = 0
        """Handled since this process began."""
        self.redelivered = 0
        """Came once more, and were passed over."""
        self.produced = 0
        self.parked = 0
        self.conflicts = 0
        self.batches = 0
        self.batch_seconds = 0.0
        self.rebalances = 0
        self.failures = 0
        self.partitions = 0
        self.lag = 0
        self.position = 0
        self.keys_waiting = 0
        self.rate = 0.0
        """Events a second, lately."""
        self.intents = 0
        self.intents_rejected = 0
        self.oldest_intent = 0.0
        self.answers = 0
        self.postponed = 0
        self.deadlines_fired = 0
        self.error: str | None = None
        """What stands in the way now."""
        self._in_trouble_since = 0.0
        self._counted = time.monotonic(), 0

    def trip(self, error: Exception) -> None:
        """Something went wrong that is tried again."""
        if self.error is None:
            self._in_trouble_since = time.monotonic()
        self.failures += 1
        self.error = str(error)

    def well(self) -> None:
        self.error = None

    def handled(self, events: int, produced: int, parked: int, conflicts: int) -> None:
        self.events += events
        self.produced += produced
        self.parked += parked
        self.conflicts += conflicts

    def took(self, seconds: float) -> None:
        self.batches += 1
        self.batch_seconds += seconds

    def stands(self, partitions: int, lag: int, position: int, keys_waiting: int) -> None:
        self.partitions, self.lag, self.position, self.keys_waiting = partitions, lag, position, keys_waiting
        before, events = self._counted
        self._counted = now, _ = time.monotonic(), self.events
        if (seconds := now - before) > 0:
            self.rate += ((self.events - events) / seconds - self.rate) * min(1.0, seconds / RATE_SECONDS)

    def owes(self, intents: int, rejected: int, oldest: float) -> None:
        self.intents, self.intents_rejected, self.oldest_intent = intents, rejected, oldest

    def health(self) -> str | None:
        """In words. Raises `ItStands` when it has been in trouble for long."""
        if self.error is not None and time.monotonic() - self._in_trouble_since > TROUBLE_SECONDS:
            raise ItStands(self.error)
        return self.error
