"""What a relay knows of itself, for its health, its metrics and its report. Written by one thread, read by others."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from outbox_relay.ledger import Standing

RATE_SECONDS: Final = 5.0


class Pulse:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.epoch: int | None = None
        """While it leads."""
        self.published = 0
        """Events that were acknowledged and are behind the checkpoint, since this process began."""
        self.tenures = 0
        self.failures = 0
        self.checkpoint = 0
        self.standing = Standing(0, 0, 0, 0.0)
        self.rate = 0.0
        """Events a second, lately."""
        self.error: str | None = None
        """What stood in the way since the checkpoint moved last, and may do so still."""
        self._in_trouble_since = 0.0
        self._clock = clock
        self._counted = clock(), 0

    def leads(self, epoch: int) -> None:
        self.epoch = epoch
        self.tenures += 1
        self._counted = self._clock(), self.published

    def leads_no_more(self) -> None:
        self.epoch = None
        self.rate = 0.0

    def trip(self, error: Exception) -> None:
        """Something went wrong that is tried again."""
        if self.error is None:
            self._in_trouble_since = self._clock()
        if self.error != str(error):
            self.failures += 1
        self.error = str(error)

    def moved(self, before: int, to: int) -> None:
        self.published += to - before
        self.checkpoint = to
        self.error = None

    def told(self, standing: Standing) -> None:
        self.standing = standing
        if standing.lag_events == 0:
            self.error = None

    def seconds_in_trouble(self) -> float:
        return self._clock() - self._in_trouble_since if self.error is not None else 0.0

    def measure(self) -> float:
        """The rate, smoothed over some seconds. To be asked about once a second."""
        before, published = self._counted
        self._counted = now, _ = self._clock(), self.published
        if (seconds := now - before) > 0:
            weight = min(1.0, seconds / RATE_SECONDS)
            self.rate += ((self.published - published) / seconds - self.rate) * weight
        return self.rate
