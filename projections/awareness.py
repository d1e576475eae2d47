"""What a projection knows of the row of its build: which repair there was last, and whether it could be seen lately.

A projector reads that row once a second. While it can't, a repair may come and go that does not wait for it, since
nothing is heard of it either; so until it sees the row again it remembers nothing from one batch to the next. Before it
remembers anything again it says that it is there: a repair that counts later waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from eventing.leases import steady_clock
from projections.generations import GONE_SECONDS

UNSEEN_SECONDS: Final = GONE_SECONDS / 2
"""Long before a repair takes it for gone."""


class Awareness:
    def __init__(self, mended: int, clock: Callable[[], float] = steady_clock) -> None:
        self.mended = mended
        """The last repair that was seen."""
        self._clock = clock
        self._seen_at = clock()

    def see(self, mended: int, asked: float) -> None:
        """`asked`: when, by this clock. What was answered late was seen early."""
        self.mended = mended
        self._seen_at = asked

    @property
    def is_lost(self) -> bool:
        return self._clock() - self._seen_at > UNSEEN_SECONDS
