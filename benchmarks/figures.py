"""The arithmetic of the harness: percentiles of exact samples, and ratios with their spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


def percentile(values: Sequence[float], q: float) -> float:
    """The nearest rank: a value that really occurred; no interpolation that would flatter a tail."""
    if not values:
        raise ValueError("no value, no percentile")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(q * len(ordered) / 100, 9)) - 1)]


class Ratio(NamedTuple):
    median: float
    low: float
    high: float


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Round by round, so that what slowed the machine down in one round slowed down both."""
    each = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


def drift(before: float, after: float) -> float:
    """By how much the slower of the two is slower: 0.25 is a quarter."""
    return max(before, after) / min(before, after) - 1
