from __future__ import annotations

import asyncio
import time

import pytest

from benchmarks.figures import percentile
from benchmarks.open_loop import closed_loop, due_times, open_loop


def test_arrivals_are_the_same_every_run_and_of_the_rate_asked_for() -> None:
    dues = list(due_times(1000, 10))

    assert dues == list(due_times(1000, 10))
    assert dues == sorted(dues)
    assert len(dues) == pytest.approx(10_000, rel=0.05)


async def test_those_who_arrive_during_a_stall_wait_from_when_they_were_due() -> None:
    # given something that stands still once, for 0.2 s, and is otherwise instant
    stalled = False

    async def act() -> None:
        nonlocal stalled
        if not stalled:
            stalled = True
            time.sleep(0.2)  # noqa: ASYNC251 - the stall itself: nothing else may run

    sample = await open_loop(act, rate=500, seconds=0.4)

    # then about the hundred who were due meanwhile waited too, and a closed loop would have shown one
    assert sum(wait > 0.02 for wait in sample.latencies) > 50
    assert percentile(sample.latencies, 99) > 0.1


async def test_a_closed_loop_keeps_so_many_in_flight() -> None:
    now, most = 0, 0

    async def act() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    sample = await closed_loop(act, in_flight=8, seconds=0.5)

    assert most == 8
    assert sample.events > 8
