from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from eventing.consistency import ConsistencyToken
from eventing.consuming import Mark, Partition
from eventing.errors import Unavailable
from projections.query_api.answering.progress import Progress
from projections.reading import Moved, Standing

MODEL, TAG, TOPIC = "order_summary", "g1-1", "order.events.v1"
PLACE = Partition(TOPIC, 0)


class Board:
    def __init__(self) -> None:
        self.position = 5
        self.tag = TAG
        self.looks = 0
        self.away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def look(self) -> Mapping[str, Standing]:
        self.looks += 1
        if self.away:
            raise Unavailable
        position = self.position
        await self.answers.wait()
        mark = Mark(position, position)
        return {MODEL: Standing(self.tag, {PLACE: mark}, {PLACE: position})}


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def progress(board: Board) -> AsyncIterator[Progress]:
    made = Progress(board.look)
    await made.look()
    watching = asyncio.create_task(made.watch())
    yield made
    watching.cancel()


def waits(progress: Progress, position: int, seconds: float = 30.0) -> asyncio.Task[bool]:
    token = ConsistencyToken(TOPIC, 0, position)
    return asyncio.create_task(progress.until(lambda: progress.shows(MODEL, [token]), seconds))


async def test_what_is_shown_already_is_not_waited_for(progress: Progress) -> None:
    assert await waits(progress, 5, 0)


async def test_who_waits_is_told_by_a_look(progress: Progress, board: Board) -> None:
    waiting = waits(progress, 6)
    await asyncio.sleep(0)
    board.position = 6

    assert await waiting


async def test_who_waits_is_told_by_a_hint_at_once(progress: Progress, board: Board) -> None:
    waiting = waits(progress, 6)
    await asyncio.sleep(0)
    board.away = True
    progress.moved(Moved(MODEL, TAG, PLACE, 6))

    assert await waiting


async def test_a_look_that_began_earlier_takes_nothing_back(board: Board) -> None:
    """It would be 100 milliseconds until the next one, and nobody hints twice."""
    progress = Progress(board.look)
    await progress.look()
    board.answers.clear()
    looking = asyncio.create_task(progress.look())
    await asyncio.sleep(0)
    progress.moved(Moved(MODEL, TAG, PLACE, 6))
    board.answers.set()
    await looking

    assert progress.standing(MODEL).visible == {PLACE: 6}


async def test_while_hints_are_heard_nobody_looks_for_those_who_wait(progress: Progress, board: Board) -> None:
    progress.listening = True
    before = board.looks

    assert not await waits(progress, 6, 0.4)
    assert board.looks - before < 10


async def test_what_no_hint_told_is_seen_all_the_same(progress: Progress, board: Board) -> None:
    progress.listening = True
    waiting = waits(progress, 6)
    await asyncio.sleep(0)
    board.position = 6

    assert await waiting


async def test_a_hint_about_another_build_is_no_hint(progress: Progress) -> None:
    progress.moved(Moved(MODEL, "g2-2", PLACE, 99))

    assert not await waits(progress, 6, 0.05)


async def test_a_wait_is_bounded(progress: Progress) -> None:
    assert not await waits(progress, 6, 0.05)
    assert progress.waiting == 0


async def test_one_watcher_looks_for_all_who_wait(progress: Progress, board: Board) -> None:
    before = board.looks
    waiting = [waits(progress, 6) for _ in range(500)]
    await asyncio.sleep(0.1)
    board.position = 6

    assert all(await asyncio.gather(*waiting))
    assert board.looks - before < 100


async def test_an_outage_leaves_the_last_view(progress: Progress, board: Board) -> None:
    board.away = True
    waiting = waits(progress, 6)
    while progress.reachable:  # noqa: ASYNC110 - the watcher tells nobody
        await asyncio.sleep(0)
    assert progress.standing(MODEL).visible == {PLACE: 5}
    board.away, board.position = False, 6

    assert await waiting


async def test_a_model_without_a_build_is_told_by_name(progress: Progress) -> None:
    with pytest.raises(Unavailable, match="order_search") as raised:
        progress.standing("order_search")

    assert raised.value.code == "read_model_unavailable"
