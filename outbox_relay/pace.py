"""How long to wait before the log is looked at again: hardly when events come, gently when none do."""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 0.001
PATIENCE: Final = 10
"""A pause is at most this part of the time that nothing has come: a log that is busy is looked at often."""


def pause(seconds_idle: float, longest: float) -> float:
    return min(longest, max(SHORTEST, seconds_idle / PATIENCE))
