"""A deadline that is carried through: set once at the outside, obeyed by everything that is called within.

    with within(10):
        await charge(…)      # each attempt, each wait and each pause takes at most what is left

A deadline inside another one can only be nearer. It is kept in a context variable, so that tasks inherit it and no
function has to hand it on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Clock = Callable[[], float]

_ENDS_AT: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float, now: Clock = time.monotonic) -> Iterator[None]:
    """Everything inside has this long, or what is left of a nearer deadline outside."""
    outer = _ENDS_AT.get()
    mine = now() + seconds
    token = _ENDS_AT.set(mine if outer is None else min(mine, outer))
    try:
        yield
    finally:
        _ENDS_AT.reset(token)


def left(now: Clock = time.monotonic) -> float | None:
    """Seconds until the deadline, never below 0; None if there is none."""
    ends_at = _ENDS_AT.get()
    return None if ends_at is None else max(0.0, ends_at - now())


def at_most(seconds: float, now: Clock = time.monotonic) -> float:
    """So long, but not longer than what is left."""
    rest = left(now)
    return seconds if rest is None else min(seconds, rest)


def leaves(seconds: float, now: Clock = time.monotonic) -> bool:
    """Whether at least so much time is left."""
    rest = left(now)
    return rest is None or rest >= seconds
