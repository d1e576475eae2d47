"""Readers share round trips, and nobody's trouble becomes another's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from projections.stores import shared_trips
from projections.stores.shared_trips import SharedTrips


class Far:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def ask(self, questions: Sequence[int]) -> Sequence[int]:
        self.asked.append(list(questions))
        await self.may_answer.wait()
        if 13 in questions:
            raise OSError("far away")
        return [question * 2 for question in questions]


async def test_who_asks_while_a_trip_is_under_way_goes_along_with_the_next_one() -> None:
    far = Far()
    trips = SharedTrips(far.ask)
    first = asyncio.create_task(trips.go(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(trips.go(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    assert far.asked == [[1]]

    far.may_answer.set()

    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert far.asked == [[1], [2, 3, 4]]
    assert await trips.go(5) == 10


async def test_a_trip_that_fails_fails_for_those_who_were_on_it() -> None:
    far = Far()
    trips = SharedTrips(far.ask)
    first = asyncio.create_task(trips.go(13))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(trips.go(2))
    await asyncio.sleep(0)
    far.may_answer.set()

    with pytest.raises(OSError, match="far away"):
        await first
    assert await second == 4


async def test_who_goes_away_takes_nobody_along() -> None:
    far = Far()
    trips = SharedTrips(far.ask)
    gone, stays = (asyncio.create_task(trips.go(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    far.may_answer.set()

    assert await stays == 4
    assert gone.cancelled()


async def test_only_so_many_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_trips, "MOST", 3)
    far = Far()
    far.may_answer.set()
    trips = SharedTrips(far.ask)

    assert await asyncio.gather(*(trips.go(number) for number in range(7))) == [0, 2, 4, 6, 8, 10, 12]
    assert [len(asked) for asked in far.asked] == [3, 3, 1]
