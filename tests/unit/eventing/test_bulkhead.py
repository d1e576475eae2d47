"""The bulkhead: so many at a time, so many waiting, in order, and no place is ever lost."""

from __future__ import annotations

import asyncio
import random

import pytest

from eventing.bulkhead import Bulkhead, Full


async def test_so_many_are_in_so_many_wait_and_others_are_refused() -> None:
    bulkhead = Bulkhead(2, 3)
    leave = asyncio.Event()

    async def busy() -> None:
        async with bulkhead.place(10):
            await leave.wait()

    tasks = [asyncio.create_task(busy()) for _ in range(7)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (bulkhead.in_use, bulkhead.waiting, bulkhead.refused) == (2, 3, 2)
    leave.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended].count(Full) == 2
    assert (bulkhead.in_use, bulkhead.waiting) == (0, 0)


async def test_turns_are_given_in_the_order_of_coming() -> None:
    bulkhead = Bulkhead(1, 10)
    seen: list[int] = []

    async def enter(number: int) -> None:
        async with bulkhead.place(10):
            seen.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(enter(number) for number in range(8)))

    assert seen == list(range(8))


async def test_whoever_loses_patience_is_told_so_and_leaves_the_line() -> None:
    bulkhead = Bulkhead(1, 10)
    async with bulkhead.place(1):
        with pytest.raises(Full, match=r"no turn came within 0.01 s"):
            async with bulkhead.place(0.01):
                pytest.fail("there was no place")
        assert bulkhead.waiting == 0
        with pytest.raises(Full):
            async with bulkhead.place(0):
                pytest.fail("there was no place")


@pytest.mark.parametrize("seed", range(20))
async def test_no_place_is_lost_or_given_twice_whoever_is_cancelled_when(seed: int) -> None:
    chance = random.Random(seed)
    bulkhead = Bulkhead(3, 50)
    inside = 0

    async def busy() -> None:
        nonlocal inside
        async with bulkhead.place(chance.choice([0.0005, 0.002, 1.0])):
            inside += 1
            assert inside <= 3
            try:
                await asyncio.sleep(chance.choice([0, 0, 0.0005]))
            finally:
                inside -= 1

    tasks = [asyncio.create_task(busy()) for _ in range(60)]
    while not all(task.done() for task in tasks):
        chance.choice(tasks).cancel()
        await asyncio.sleep(chance.choice([0, 0.0003]))
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert not [end for end in ended if isinstance(end, AssertionError)]
    assert (bulkhead.in_use, bulkhead.waiting, inside) == (0, 0, 0)
