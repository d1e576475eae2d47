from __future__ import annotations

import asyncio
from collections.abc import Iterator

from command_service.forgetting import Forgetting
from eventing.errors import Unavailable


class Old:
    """Steps that are scripted; `done` when the script is over."""

    def __init__(self, *steps: bool | Unavailable) -> None:
        self._steps: Iterator[bool | Unavailable] = iter(steps)
        self.done = asyncio.Event()

    async def forget_some(self) -> bool:
        step = next(self._steps, None)
        if step is None:
            self.done.set()
            return False
        if isinstance(step, Unavailable):
            raise step
        return step


async def ran_through(old: Old, pause: float) -> bool:
    going_on = asyncio.ensure_future(Forgetting(old.forget_some, pause=pause, breath=0).go_on())
    reached = asyncio.ensure_future(old.done.wait())
    await asyncio.wait([going_on, reached], timeout=30, return_when=asyncio.FIRST_COMPLETED)
    going_on.cancel()
    await asyncio.wait([going_on])
    return reached.done()


async def test_while_there_is_more_it_goes_on_without_a_pause() -> None:
    assert await ran_through(Old(True, True, True), pause=3600)


async def test_it_looks_again_later() -> None:
    assert await ran_through(Old(False, False), pause=0)


async def test_an_outage_is_sat_out() -> None:
    assert await ran_through(Old(True, Unavailable("away"), True), pause=0)
