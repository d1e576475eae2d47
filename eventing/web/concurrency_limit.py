"""How many requests may be worked on at once: a limit that is found, not set.

Theory: while there is room, latency stays where it was, and a higher limit brings more throughput. Once the limit is
beyond what the process can do, requests only queue inside, and latency grows with the limit. So the limit follows
the ratio of the latency when unhurried to the latency now: with room to spare the ratio is 1, and the limit creeps up
by the square root of itself; below 1 it shrinks in proportion. It grows only while it is being used, or it would grow
without bound on an idle server.

What "unhurried" is can't be seen while every place is taken: then all that is measured contains the queue. So after
some such rounds in a row the limit drops for two of them, the queue drains, and the yardstick is taken anew. Whoever
is turned away by that would have been turned away anyhow, for the house was full.
"""

from __future__ import annotations

import math
from typing import Final

SAMPLES: Final = 100
TOLERANCE: Final = 2.0
SMOOTHING: Final = 0.2
DRIFT: Final = 1.02
FULL_ROUNDS: Final = 10
PROBE_SHARE: Final = 0.25


class ConcurrencyLimit:
    def __init__(self, *, initial: int = 256, least: int = 32, most: int = 1024) -> None:
        self._limit = float(initial)
        self._least = least
        self._most = most
        self._unhurried = math.inf
        self._total = 0.0
        self._count = 0
        self._peak = 0
        self._full_rounds = 0
        self._probing = 0
        self.in_flight = 0

    @property
    def limit(self) -> int:
        if self._probing:
            return max(self._least, int(self._limit * PROBE_SHARE))
        return int(self._limit)

    def enter(self) -> bool:
        if self.in_flight >= self.limit:
            self._peak = self.in_flight
            return False
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        return True

    def leave(self, seconds: float | None) -> None:
        """None is for what was not worked on to its end: it says nothing about how long work takes."""
        self.in_flight -= 1
        if seconds is None:
            return
        self._total += seconds
        self._count += 1
        if self._count >= SAMPLES:
            self._end_round(self._total / self._count, full=self._peak >= self.limit)
            self._total, self._count, self._peak = 0.0, 0, self.in_flight

    def _end_round(self, latency: float, *, full: bool) -> None:
        if self._probing:
            # The first round still drains the queue; the second one shows the work as it is.
            self._probing -= 1
            if not self._probing:
                self._unhurried = latency
            return
        self._full_rounds = self._full_rounds + 1 if full else 0
        if self._full_rounds == FULL_ROUNDS:
            self._full_rounds, self._probing = 0, 2
            return
        # With room to spare, work that has become slower for good is accepted little by little.
        self._unhurried = min(self._unhurried if full else self._unhurried * DRIFT, latency)
        self._adapt(latency)

    def _adapt(self, latency: float) -> None:
        gradient = max(0.5, min(1.0, TOLERANCE * self._unhurried / max(latency, 1e-9)))
        if gradient == 1.0 and self._peak * 2 < self._limit:
            return
        wanted = self._limit * gradient + math.sqrt(self._limit)
        self._limit += SMOOTHING * (wanted - self._limit)
        self._limit = min(max(self._limit, self._least), self._most)
