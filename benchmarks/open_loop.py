"""Arrivals that don't wait for answers: each has its due time, fixed beforehand, and its latency counts from then.

A closed loop slows down together with what it measures and so hides the worst waits (coordinated omission).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.contest import Sample


def due_times(rate: float, seconds: float, seed: int = 1) -> Iterator[float]:
    """Poisson arrivals: independent callers, the same every run."""
    chance = random.Random(seed)
    due = chance.expovariate(rate)
    while due < seconds:
        yield due
        due += chance.expovariate(rate)


async def open_loop(act: Callable[[], Awaitable[object]], rate: float, seconds: float) -> Sample:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    running: set[asyncio.Task[None]] = set()
    start = time.perf_counter()

    async def arrive(due: float) -> None:
        await act()
        latencies.append(time.perf_counter() - due)

    def launch(due: float) -> None:
        running.add(loop.create_task(arrive(due)))

    def keep_time() -> None:
        # In a thread, because a loop's timers are only good to a millisecond, and late when the loop is busy.
        for offset in due_times(rate, seconds):
            ahead = start + offset - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            loop.call_soon_threadsafe(launch, start + offset)

    await asyncio.to_thread(keep_time)
    await asyncio.gather(*running)
    return Sample(len(latencies), time.perf_counter() - start, latencies)


async def closed_loop(act: Callable[[], Awaitable[object]], in_flight: int, seconds: float) -> Sample:
    """So many callers, each asking again as soon as it is answered: for throughput only."""
    start = time.perf_counter()
    deadline = start + seconds

    async def caller() -> int:
        done = 0
        while time.perf_counter() < deadline:
            await act()
            done += 1
        return done

    counts = await asyncio.gather(*(caller() for _ in range(in_flight)))
    return Sample(sum(counts), time.perf_counter() - start)
