"""Plays a contest: a warm-up that finds each peer's best variant, then rounds in ABBA order.

Every other round runs backwards, so that a machine that grows slower or faster in the course of the run favours
nobody. A contender's `check` is asked once after its last round: a fast wrong run is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


QUICK = Effort(full=False, rounds=4, seconds=1.0, warm_up=0.6)
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
    await contest.ours.run(effort.warm_up)
    entrants = [Entrant(peer, await best_variant(peer, effort)) for peer in contest.peers]
    field = list({one.name: one for one in (contest.ours, *(entrant.best for entrant in entrants))}.values())
    rounds = []
    for number in range(effort.rounds):
        say(f"{contest.name}: round {number + 1} of {effort.rounds}")
        order = field if number % 2 == 0 else field[::-1]
        rounds.append({one.name: await timed(one, effort.seconds, clock) for one in order})
    await check_all(contest)
    return Outcome(contest, entrants, rounds)


async def best_variant(peer: Peer, effort: Effort) -> Contender:
    tried = [(peer.measure.of(await variant.run(effort.warm_up)), variant) for variant in peer.variants]
    choose = max if peer.measure.more_is_better else min
    return choose(tried, key=lambda result: result[0])[1]


async def timed(contender: Contender, seconds: float, clock: CpuClock) -> Sample:
    before = clock.seconds()
    sample = await contender.run(seconds)
    return replace(sample, cpu_seconds=clock.seconds() - before)


async def check_all(contest: Contest) -> None:
    everyone = {contest.ours.name: contest.ours} | {one.name: one for peer in contest.peers for one in peer.variants}
    for contender in everyone.values():
        await contender.check()
