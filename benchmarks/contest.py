"""What is measured: contenders do the same work in turn, and ours is divided by each peer, round by round.

Hop      a step of the way of a command (append, relay, http …): one file in `benchmarks/hops`
Contest  one question about it ("64 in flight"): ours and its peers
Peer     a real program doing the same work, with the ratio that is promised; the best of its variants counts
Sample   what one timed stretch of one contender gave
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.figures import percentile

if TYPE_CHECKING:
    from benchmarks.bench import Bench


class WrongResultError(Exception):
    """A contender was fast and wrong: lost, doubled or misordered work. Its figures are worth nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    events: int
    """How many were done and acknowledged in the stretch."""
    seconds: float
    latencies: Sequence[float] = ()
    """In seconds, each from when the arrival was due: waiting in our own queue counts."""
    cpu_seconds: float = 0.0
    """Of all processes, clients and servers; filled in by the harness."""

    @property
    def rate(self) -> float:
        return self.events / self.seconds


class Measure(NamedTuple):
    name: str
    unit: str
    of: Callable[[Sample], float]
    more_is_better: bool


RATE = Measure("rate", "/s", lambda sample: sample.rate, more_is_better=True)
P50 = Measure("p50", "ms", lambda sample: 1000 * percentile(sample.latencies, 50), more_is_better=False)
P99 = Measure("p99", "ms", lambda sample: 1000 * percentile(sample.latencies, 99), more_is_better=False)


async def nothing_to_check() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    run: Callable[[float], Awaitable[Sample]]
    """Works for about so many seconds, or through a fixed amount of work, and says what was done."""
    check: Callable[[], Awaitable[None]] = nothing_to_check
    """After the last round: raises `WrongResultError` unless everything acknowledged is there, once, in order."""


@dataclass(frozen=True, slots=True)
class Peer:
    variants: Sequence[Contender]
    """The same peer with other settings (8, 16, 32 clients); the warm-up finds the best, which plays the rounds."""
    target: float | None = None
    """What ours divided by the peer's has to reach, or, where less is better, must not pass; None: shown only."""
    measure: Measure = RATE


@dataclass(frozen=True, slots=True)
class Limit:
    """A promise in absolute terms: as a row it is ours divided by the limit, with the target 1."""

    measure: Measure
    value: float

    @property
    def name(self) -> str:
        return f"limit {self.measure.name} {self.value:g} {self.measure.unit}"


@dataclass(frozen=True, slots=True)
class Contest:
    name: str
    ours: Contender
    peers: Sequence[Peer] = ()
    limits: Sequence[Limit] = field(default=())


@dataclass(frozen=True, slots=True)
class Hop:
    name: str
    says: str
    """One sentence: what is done, from where to where."""
    contests: Callable[[Bench], AbstractAsyncContextManager[Sequence[Contest]]]
    """Prepares servers, tables and processes, gives the contests, and clears everything away afterwards."""
    needs: frozenset[str] = frozenset({"postgres"})
    """Sections of the settings whose server has to be there."""
    long: bool = False
    """It takes minutes, or its peer most of one to start: played when it is named, and with FULL=1."""
