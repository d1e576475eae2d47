from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from benchmarks.contest import P50, RATE, Contender, Contest, Limit, Peer, Sample, WrongResultError
from benchmarks.cpu import CpuClock
from benchmarks.report import latency_rows, rows_of
from benchmarks.rounds import Effort, Outcome, play

EFFORT = Effort(full=False, rounds=4, seconds=1.0, warm_up=0.5)


class Diary:
    """Contenders of known pace that write down when they ran."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, float]] = []

    def contender(self, name: str, rate: int, check: Callable[[], Awaitable[None]] | None = None) -> Contender:
        async def run(seconds: float) -> Sample:
            self.entries.append((name, seconds))
            return Sample(events=int(rate * seconds), seconds=seconds, latencies=[1 / rate] * 10)

        return Contender(name, run, check) if check else Contender(name, run)

    @property
    def measured(self) -> list[str]:
        return [name for name, seconds in self.entries if seconds == EFFORT.seconds]


async def played(contest: Contest) -> Outcome:
    return await play(contest, EFFORT, CpuClock(()), lambda _: None)


async def test_every_other_round_runs_backwards() -> None:
    diary = Diary()
    contest = Contest("pace", diary.contender("ours", 300), [Peer([diary.contender("peer", 100)])])

    await played(contest)

    assert diary.measured == ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]


async def test_the_best_variant_of_a_peer_plays_and_the_others_only_warm_up() -> None:
    diary = Diary()
    variants = [diary.contender("8 clients", 80), diary.contender("16 clients", 160), diary.contender("32 clients", 90)]

    outcome = await played(Contest("pace", diary.contender("ours", 320), [Peer(variants, target=1.5)]))
    [row] = rows_of("append", outcome)

    assert set(diary.measured) == {"ours", "16 clients"}
    assert (row["peer"], row["ratio"], row["low"], row["high"]) == ("16 clients", 2.0, 2.0, 2.0)
    assert (row["hop"], row["target"], row["met"]) == ("append", 1.5, True)


async def test_where_less_is_better_the_target_is_a_ceiling_and_the_best_variant_the_quickest() -> None:
    diary = Diary()
    slow, quick = diary.contender("slow", 100), diary.contender("quick", 200)

    outcome = await played(Contest("wait", diary.contender("ours", 50), [Peer([slow, quick], 4.0, P50)]))
    [row] = rows_of("relay", outcome)

    assert (row["peer"], row["ratio"], row["better"], row["met"]) == ("quick: p50", 4.0, "lower", True)


async def test_a_missed_target_and_a_passed_limit_are_told() -> None:
    diary = Diary()
    contest = Contest(
        "pace", diary.contender("ours", 100), [Peer([diary.contender("peer", 100)], 1.5)], [Limit(P50, 5.0)]
    )

    slower_than_promised, over_the_limit = rows_of("append", await played(contest))

    assert not slower_than_promised["met"]
    assert (over_the_limit["ratio"], over_the_limit["target"], over_the_limit["met"]) == (2.0, 1.0, False)


async def test_a_fast_wrong_run_is_a_failure() -> None:
    async def lost_one() -> None:
        raise WrongResultError("acknowledged 100, stored 99")

    contest = Contest("pace", Diary().contender("ours", 100, lost_one), [Peer([Diary().contender("peer", 1)])])

    with pytest.raises(WrongResultError, match="stored 99"):
        await played(contest)


async def test_a_variant_that_only_warmed_up_is_checked_too() -> None:
    async def doubled_one() -> None:
        raise WrongResultError("stored twice")

    best, wrong = Diary().contender("best", 10), Diary().contender("wrong", 1, doubled_one)

    with pytest.raises(WrongResultError, match="stored twice"):
        await played(Contest("pace", Diary().contender("ours", 100), [Peer([best, wrong], measure=RATE)]))


async def test_latencies_of_all_rounds_are_pooled() -> None:
    outcome = await played(Contest("wait", Diary().contender("ours", 100), [Peer([Diary().contender("peer", 50)])]))

    ours, peer = latency_rows("http", outcome)

    assert (ours["contender"], ours["p99.9_ms"], ours["n"]) == ("ours", 10.0, 40)
    assert (peer["contender"], peer["p50_ms"]) == ("peer", 20.0)
