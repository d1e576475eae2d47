"""How long to wait before the next attempt: exponential, and anywhere between nothing and that ("full jitter").

Without jitter all who failed together come back together, again and again.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_DOUBLINGS = 62
"""More would only overflow."""


def full_jitter(failures: int, first: float, longest: float, chance: Callable[[], float] = random.random) -> float:
    """After so many failures, at least one: up to `first` seconds, then up to twice as many, never above `longest`."""
    return chance() * min(longest, first * 2.0 ** min(failures - 1, _DOUBLINGS))
