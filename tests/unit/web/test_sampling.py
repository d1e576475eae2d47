"""A measurement in the background: the last value is there at once, and a failing one sheds nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from eventing.web.load import Lag, no_lag
from eventing.web.sampling import Sampled


async def test_the_last_value_is_there_at_once() -> None:
    measured = asyncio.Event()
    values = iter(range(1, 1000))

    async def measure() -> Lag:
        number = next(values)
        if number == 3:
            measured.set()
        return Lag(number, 0.0)

    lag = Sampled(measure, no_lag(), every=0.001)
    assert lag() == no_lag()
    async with lag.running(), asyncio.timeout(5):
        await measured.wait()
    assert lag().events >= 2


async def test_what_can_not_be_measured_is_no_reason_to_shed() -> None:
    answers: Iterator[Lag | ConnectionError] = iter([Lag(10**9, 0.0), ConnectionError(), ConnectionError()])

    async def measure() -> Lag:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    lag = Sampled(measure, no_lag(), every=0)
    await lag.take()
    assert lag().events == 10**9
    await lag.take()
    assert lag() == no_lag()
