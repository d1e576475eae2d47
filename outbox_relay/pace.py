"""How long to wait before the log is looked at again: hardly when events come, gently when none do.

Looking at once after each look would take a whole core as soon as somebody appends without a pause, and would find
two or three events each time. A few milliseconds later there are enough for a batch, and the core is free to append.
"""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 0.001
PATIENCE: Final = 10
"""A pause is at most this part of the time that nothing has come: a log that is busy is looked at often."""


def pause(seconds_idle: float, longest: float) -> float:
    return min(longest, max(SHORTEST, seconds_idle / PATIENCE))


MANY: Final = 8
FULL: Final = 256
GATHER: Final = 0.004


def gather(found: int) -> float:
    """After a look that found so many: nothing to wait for in a backlog, and none of it where single events come."""
    return GATHER if MANY <= found < FULL else 0.0
