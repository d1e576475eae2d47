"""What is told to end ends, also in the very moment in which what it waits for comes about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

import eventing.cancelling
from eventing.cancelling import cancelled
from projections.query_api.answering.progress import Progress
from projections.query_api.answering.staleness import Ends, Staleness
from tests.support.waiting import until_soon


async def nothing() -> dict[str, object]:
    return {}


async def no_ends() -> Ends:
    return Ends(0.0, {})


def of_progress() -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    made = Progress(nothing)  # type: ignore[arg-type]
    return made.watch, made._wanted


def of_staleness() -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    made = Staleness(no_ends, lambda: 0.0)
    return made.watch, made._wanted


@pytest.mark.parametrize("make", [of_progress, of_staleness])
async def test_a_watcher_that_is_wanted_and_told_to_end_at_the_same_moment_ends(
    make: Callable[[], tuple[Callable[[], Awaitable[None]], asyncio.Event]],
) -> None:
    watch, wanted = make()
    watching = asyncio.ensure_future(watch())
    await until_soon(lambda: wanted._waiters, "it waits to be wanted")

    wanted.set()
    watching.cancel()
    await asyncio.wait([watching], timeout=1)

    assert watching.cancelled()


async def test_who_lets_a_cancellation_pass_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventing.cancelling, "AGAIN_SECONDS", 0.01)
    passed = 0

    async def stubborn() -> None:
        nonlocal passed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                passed += 1
                if passed == 3:
                    raise

    async def failing() -> None:
        raise ValueError

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
    await asyncio.sleep(0)

    await cancelled(tasks)

    assert (passed, [task.done() for task in tasks]) == (3, [True, True])
