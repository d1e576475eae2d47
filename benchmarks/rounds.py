"""Plays a contest: a warm-up that finds each peer's best variant, then rounds in ABBA order.

Every other round runs backwards, so that a machine that grows slower or faster in the course of the run favours
nobody. A contender's `check` is asked once after its last round: a fast wrong run is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchmarks.contest import Contender, Contest, Peer, Sample
from benchmarks.cpu import CpuClock


@dataclass(frozen=True, slots=True)
class Effort:
    full: bool
    rounds: int
    seconds: float
    warm_up: float


QUICK = Effort(full=False, rounds=3, seconds=0.8, warm_up=0.4)
FULL = Effort(full=True, rounds=8, seconds=5.0, warm_up=2.0)


class Entrant(NamedTuple):
    """A peer and the variant of it that stood best in the warm-up."""

    peer: Peer
    best: Contender


@dataclass(frozen=True, slots=True)
class Outcome:
    contest: Contest
    entrants: Sequence[Entrant]
    rounds: Sequence[dict[str, Sample]]

    def samples(self, contender: Contender) -> list[Sample]:
        return [played[contender.name] for played in self.rounds]


async def play(contest: Contest, effort: Effort, clock: CpuClock, say: Callable[[str], None]) -> Outcome:
    say(f"{contest.name}: warming up")
    warm = {one.name: await one.run(effort.warm_up) for one in everyone(contest)}
    entrants = [Entrant(peer, best_variant(peer, warm)) for peer in contest.peers]
    field = list({one.name: one for one in (contest.ours, *(entrant.best for entrant in entrants))}.values())
    rounds = []
    for number in range(effort.rounds):
        say(f"{contest.name}: round {number + 1} of {effort.rounds}")
        order = field if number % 2 == 0 else field[::-1]
        rounds.append({one.name: await timed(one, effort.seconds, clock) for one in order})
    for contender in everyone(contest):
        await contender.check()
    return Outcome(contest, entrants, rounds)


def everyone(contest: Contest) -> list[Contender]:
    """Ours and all variants of all peers, each once."""
    named = [contest.ours, *(variant for peer in contest.peers for variant in peer.variants)]
    return list({one.name: one for one in named}.values())


def best_variant(peer: Peer, warm: Mapping[str, Sample]) -> Contender:
    choose = max if peer.measure.more_is_better else min
    return choose(peer.variants, key=lambda variant: peer.measure.of(warm[variant.name]))


async def timed(contender: Contender, seconds: float, clock: CpuClock) -> Sample:
    before = clock.seconds()
    sample = await contender.run(seconds)
    return replace(sample, cpu_seconds=clock.seconds() - before)
