"""A circuit breaker: what has just failed is not asked again at once, so that a dead server costs nothing.

    closed       everything passes; some failures in a row open it
    open         nothing passes for a while
    half-open    a few attempts at a time may find out: one that succeeds closes it, one that fails opens it for
                 twice as long

Each process has its own view. An attempt is a ticket, so that whoever began before the breaker opened, and fails only
now, as the hundred others that were on their way, does not make the pause longer and longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Breaker:
    def __init__(
        self,
        *,
        failures: int = 2,
        pause: float = 0.5,
        longest_pause: float = 15.0,
        probes: int = 1,
        now: Callable[[], float] = time.monotonic,
        on_change: Callable[[State], object] = lambda _: None,
    ) -> None:
        self._limit = failures
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._probes = probes
        self._now = now
        self._on_change = on_change
        self._failures = 0
        self._pause = pause
        self._ticket = 0
        """Of this stretch of being open or closed; a report with an older one is news of yesterday."""
        self._open = False
        self._probing = False
        self._probes_left = 0
        self._rest_ends = 0.0

    @property
    def state(self) -> State:
        if not self._open:
            return State.CLOSED
        return State.HALF_OPEN if self._probing or self._now() >= self._rest_ends else State.OPEN

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def is_resting(self) -> bool:
        """Open, and not yet due for an attempt."""
        return self._open and self._probes_left == 0 and self._now() < self._rest_ends

    @property
    def rest(self) -> float:
        """Seconds for which certainly nothing passes; 0 while half-open, because a probe may end at any time."""
        return max(0.0, self._rest_ends - self._now()) if self.state is State.OPEN else 0.0

    def attempt(self) -> int | None:
        """A ticket for one attempt, or None if there is none to be had. Its holder reports how it ended."""
        if not self._open:
            return self._ticket
        now = self._now()
        if now >= self._rest_ends:
            # Should nobody report how these attempts ended, the next ones come after another pause.
            self._probes_left, self._rest_ends = self._probes, now + self._pause
            if not self._probing:
                self._probing = True
                self._on_change(State.HALF_OPEN)
        if self._probes_left == 0:
            return None
        self._probes_left -= 1
        return self._ticket

    def allows(self) -> bool:
        """`attempt`, for one who makes one attempt at a time and needs no ticket."""
        return self.attempt() is not None

    def succeeded(self, ticket: int | None = None) -> bool:
        """True if this closed the breaker."""
        if self._is_stale(ticket):
            return False
        was_open = self._open
        self._failures, self._pause = 0, self._first_pause
        if was_open:
            self._turn(opened=False)
        return was_open

    def failed(self, ticket: int | None = None) -> bool:
        """True if this opened the breaker."""
        if self._is_stale(ticket):
            return False
        self._failures += 1
        was_open = self._open
        if was_open:
            self._pause = min(self._pause * 2, max(self._longest_pause, self._first_pause))
        elif self._failures < self._limit:
            return False
        self._turn(opened=True)
        return not was_open

    def abandoned(self, ticket: int) -> None:
        """The attempt ended and says nothing about the other side: another one may take its place."""
        if self._open and not self._is_stale(ticket):
            self._probes_left = min(self._probes_left + 1, self._probes)

    def _turn(self, *, opened: bool) -> None:
        self._ticket += 1
        self._open, self._probing, self._probes_left = opened, False, 0
        self._rest_ends = self._now() + self._pause if opened else 0.0
        self._on_change(State.OPEN if opened else State.CLOSED)

    def _is_stale(self, ticket: int | None) -> bool:
        return ticket is not None and ticket != self._ticket
