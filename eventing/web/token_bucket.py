"""The token bucket as arithmetic: how many requests pass, and when the next one may. The Lua script counts the same.

A bucket is one number, the time at which it will be full again. A request moves it on by one interval; it is refused
if the bucket would then be empty for longer than its window. Times are microseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple


class Verdict(NamedTuple):
    allowed: bool
    remaining: int
    retry_after: int
    """Whole seconds until a request may pass; 0 if this one did."""
    full_after: int
    """Whole seconds until the bucket is full again."""


class Policy(NamedTuple):
    """`quota` requests at once, and from then on one in each `interval`."""

    name: str
    quota: int
    interval: int

    @property
    def window(self) -> int:
        """Whole seconds in which an empty bucket is full again."""
        return max(1, math.ceil(self.quota * self.interval / 1_000_000))

    @classmethod
    def of(cls, *, burst: int, per_second: float) -> Policy:
        return cls("default", burst, max(1, round(1_000_000 / per_second)))

    @property
    def policy_field(self) -> str:
        """RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-10: a quoted policy name with its parameters."""
        return f'"{self.name}";q={self.quota};w={self.window}'

    def rest_field(self, verdict: Verdict) -> str:
        """RateLimit of the same draft."""
        return f'"{self.name}";r={verdict.remaining};t={verdict.retry_after or verdict.full_after}'


class Drawn(NamedTuple):
    granted: int
    full_at: int


def draw(policy: Policy, full_at: int, now: int, wanted: int) -> Drawn:
    """Takes up to `wanted` tokens from a bucket that is full at `full_at`."""
    start = max(full_at, now)
    free = (now + policy.quota * policy.interval - start) // policy.interval
    granted = max(0, min(wanted, free))
    return Drawn(granted, start + granted * policy.interval)


def verdicts(policy: Policy, drawn: Drawn, now: int, wanted: int) -> Iterator[Verdict]:
    """One for each request, the granted ones first."""
    left = max(0, (now + policy.quota * policy.interval - drawn.full_at) // policy.interval)
    full_after = max(0, math.ceil((drawn.full_at - now) / 1_000_000))
    wait = drawn.full_at + policy.interval - policy.quota * policy.interval - now
    retry_after = max(1, math.ceil(wait / 1_000_000))
    for index in range(wanted):
        if index < drawn.granted:
            yield Verdict(True, left + drawn.granted - 1 - index, 0, full_after)
        else:
            yield Verdict(False, 0, retry_after, full_after)
