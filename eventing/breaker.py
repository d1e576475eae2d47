"""A circuit breaker: what has just failed is not asked again at once, so that a dead server costs nothing.

Closed, everything passes. After some failures in a row it opens, and nothing passes for a while; then one attempt may
try, and its outcome closes the breaker or opens it for twice as long. Each process has its own view.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    def __init__(
        self,
        *,
        failures: int = 2,
        pause: float = 0.5,
        longest_pause: float = 15.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._now = now
        self._failures = 0
        self._pause = pause
        self._attempt_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self._attempt_at is not None

    @property
    def is_resting(self) -> bool:
        """Open, and not yet due for an attempt."""
        return self._attempt_at is not None and self._now() < self._attempt_at

    def allows(self) -> bool:
        """Whether to try now. While open, a true answer is the one attempt of this pause."""
        if self.is_resting:
            return False
        if self.is_open:
            # Should nobody report how this attempt ended, the next one comes after another pause.
            self._attempt_at = self._now() + self._pause
        return True

    def succeeded(self) -> bool:
        """True if this closed the breaker."""
        was_open = self.is_open
        self._failures, self._pause, self._attempt_at = 0, self._first_pause, None
        return was_open

    def failed(self) -> bool:
        """True if this opened the breaker."""
        self._failures += 1
        if self.is_open:
            self._pause = min(self._pause * 2, self._longest_pause)
        elif self._failures < self._limit:
            return False
        opened = not self.is_open
        self._attempt_at = self._now() + self._pause
        return opened
