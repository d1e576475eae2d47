"""A deadline is carried into everything that is called within, and can only come nearer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.backoff import full_jitter
from eventing.deadline import at_most, leaves, left, within


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_a_deadline_everything_may_take_as_long_as_it_likes(clock: Clock) -> None:
    assert left(clock) is None
    assert at_most(3, clock) == 3
    assert leaves(1e9, clock)


def test_what_is_left_becomes_less_and_never_less_than_nothing(clock: Clock) -> None:
    with within(10, clock):
        clock.now = 4
        assert left(clock) == 6
        assert at_most(30, clock) == 6
        assert at_most(2, clock) == 2
        assert leaves(6, clock)
        assert not leaves(6.1, clock)
        clock.now = 11
        assert left(clock) == 0
    assert left(clock) is None


def test_one_inside_another_can_only_be_nearer(clock: Clock) -> None:
    with within(5, clock):
        with within(60, clock):
            assert left(clock) == 5
        with within(1, clock):
            assert left(clock) == 1
        assert left(clock) == 5


async def test_tasks_inherit_it_and_keep_it_to_themselves(clock: Clock) -> None:
    async def look(seconds: float) -> float | None:
        with within(seconds, clock):
            await asyncio.sleep(0)
            return left(clock)

    with within(5, clock):
        assert list(await asyncio.gather(look(1), look(9), look(3))) == [1, 5, 3]


@given(st.integers(1, 2000), st.floats(0.001, 10), st.floats(0.001, 100), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_anything_up_to_the_doubled_one_and_never_above_the_longest(
    failures: int, first: float, longest: float, chance: float
) -> None:
    pause = full_jitter(failures, first, longest, lambda: chance)

    assert 0 <= pause <= longest
    assert pause == chance * min(longest, first * 2.0 ** min(failures - 1, 62))
