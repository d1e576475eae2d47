"""Group commit over a sender whose every answer is written in the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from eventing.appender import ATTEMPTS, WORTH_HALVING, Appender, BadBatch, Contended, Lost, Outcome, Unreachable
from eventing.errors import Conflict, Refusal, Unavailable
from eventing.event_store import AlreadyDone, Appended, Idempotency
from eventing.gathering import Limits


@dataclass(frozen=True)
class Item:
    name: str
    streams: Sequence[str]
    written: Sequence[str]
    idempotency: Idempotency | None = None
    events: int = 1
    size: int = 10


def item(name: str) -> Item:
    return Item(name, [name], [name])


def appended(at: int = 1) -> Appended:
    return Appended(at, {}, datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class ScriptedSender:
    """Answers each batch by the script; commits it unless told otherwise."""

    script: Callable[[Sequence[Item]], Sequence[Outcome]] = lambda batch: [appended() for _ in batch]
    batches: list[list[str]] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def send(self, batch: Sequence[Item]) -> Sequence[Outcome]:
        self.batches.append([one.name for one in batch])
        await self.may_answer.wait()
        return self.script(batch)

    async def find(self, batch: Sequence[Item]) -> Sequence[Appended | None]:
        return [appended(7) if one.name in self.stored else None for one in batch]

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
async def sender() -> ScriptedSender:
    sender = ScriptedSender()
    sender.may_answer.set()
    return sender


async def waiting(appender: Appender[Item], *names: str) -> list[asyncio.Task[Appended | AlreadyDone]]:
    futures = [asyncio.ensure_future(appender.append(item(name))) for name in names]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return futures


async def test_while_one_batch_is_committed_the_next_one_gathers(sender: ScriptedSender) -> None:
    sender.may_answer.clear()
    appender = Appender(sender)
    first = await waiting(appender, "a")
    rest = await waiting(appender, "b", "c", "d")

    sender.may_answer.set()
    await asyncio.gather(*first, *rest)

    assert sender.batches == [["a"], ["b", "c", "d"]]


async def test_a_bad_row_is_found_and_its_neighbours_are_stored(sender: ScriptedSender) -> None:
    def refuse_e(batch: Sequence[Item]) -> Sequence[Outcome]:
        if any(one.name == "e" for one in batch):
            raise BadBatch(Refusal("e is bad", code="bad"))
        return [appended() for _ in batch]

    sender.script = refuse_e
    appender = Appender(sender)

    outcomes = await asyncio.gather(*(appender.append(item(name)) for name in "abcdefgh"), return_exceptions=True)

    assert [str(one) for one in outcomes if isinstance(one, Exception)] == ["e is bad"]
    assert isinstance(outcomes[4], Refusal)


async def test_a_conflict_is_told_to_its_own_sender_alone(sender: ScriptedSender) -> None:
    sender.script = lambda batch: [Conflict("b", 0, 1) if one.name == "b" else appended() for one in batch]
    appender = Appender(sender)

    outcomes = await asyncio.gather(*(appender.append(item(name)) for name in "abc"), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Appended, Conflict, Appended]


async def test_who_stood_in_the_way_once_is_no_matter(sender: ScriptedSender) -> None:
    def contended_twice(batch: Sequence[Item]) -> Sequence[Outcome]:
        if len(sender.batches) < 3:
            raise Contended
        return [appended() for _ in batch]

    sender.script = contended_twice

    assert await Appender(sender).append(item("a")) == appended()


async def test_who_stands_in_the_way_for_ever_ends_in_a_clear_answer(sender: ScriptedSender) -> None:
    def contended(batch: Sequence[Item]) -> Sequence[Outcome]:
        raise Contended

    sender.script = contended

    with pytest.raises(Unavailable):
        await Appender(sender).append(item("a"))
    assert len(sender.batches) == ATTEMPTS


async def test_after_a_lost_answer_only_what_is_not_stored_is_sent_again(sender: ScriptedSender) -> None:
    def lost_once(batch: Sequence[Item]) -> Sequence[Outcome]:
        if len(sender.batches) == 1:
            sender.stored = {"a", "c"}
            raise Lost
        return [appended(9) for _ in batch]

    sender.script = lost_once
    appender = Appender(sender)

    outcomes = await asyncio.gather(*(appender.append(item(name)) for name in "abc"))

    assert sender.batches == [["a", "b", "c"], ["b"]]
    assert [outcome.position for outcome in outcomes] == [7, 9, 7]


async def test_a_refusal_after_a_lost_answer_is_doubted(sender: ScriptedSender) -> None:
    """The first try was committed between the question and the second try."""

    def finished_late(batch: Sequence[Item]) -> Sequence[Outcome]:
        if len(sender.batches) == 1:
            raise Lost
        sender.stored = {"a"}
        return [Conflict("a", 0, 1)]

    sender.script = finished_late

    assert await Appender(sender).append(item("a")) == appended(7)


@pytest.mark.parametrize(("failure", "facts"), [(Lost, {"stored": "unknown"}), (Unreachable, {})])
async def test_an_outage_says_whether_anything_may_be_stored(
    sender: ScriptedSender, failure: type[Exception], facts: dict[str, str]
) -> None:
    def fail(batch: Sequence[Item]) -> Sequence[Outcome]:
        raise failure

    sender.script = fail

    with pytest.raises(Unavailable) as outage:
        await Appender(sender, patience=0.0).append(item("a"))
    assert outage.value.facts == facts


async def test_who_gives_up_waiting_is_not_sent_and_touches_nobody(sender: ScriptedSender) -> None:
    sender.may_answer.clear()
    appender = Appender(sender)
    (first,) = await waiting(appender, "a")
    second, third = await waiting(appender, "b", "c")

    second.cancel()
    first.cancel()
    sender.may_answer.set()

    assert await third == appended()
    assert sender.batches == [["a"], ["c"]]


async def test_a_full_queue_refuses_at_once_and_says_how_deep_it_is(sender: ScriptedSender) -> None:
    sender.may_answer.clear()
    appender = Appender(sender, queue_limit=2)
    futures = await waiting(appender, "a")
    futures += await waiting(appender, "b", "c")

    with pytest.raises(Unavailable) as full:
        await appender.append(item("d"))

    assert full.value.retry_after > 0
    assert appender.depth == 2
    sender.may_answer.set()
    await asyncio.gather(*futures)
    assert appender.depth == 0


async def test_closing_answers_whoever_waits_and_takes_nobody_else(sender: ScriptedSender) -> None:
    sender.may_answer.clear()
    appender = Appender(sender, limits=Limits(appends=1))
    futures = await waiting(appender, "a", "b", "c")

    closing = asyncio.ensure_future(appender.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await appender.append(item("d"))
    sender.may_answer.set()
    await closing

    assert [future.result() for future in futures] == [appended()] * 3
    assert sender.closed


async def test_an_unforeseen_failure_reaches_whoever_waits(sender: ScriptedSender) -> None:
    def bug(batch: Sequence[Item]) -> Sequence[Outcome]:
        raise RuntimeError("a bug")

    sender.script = bug
    appender = Appender(sender)

    with pytest.raises(RuntimeError):
        await appender.append(item("a"))

    sender.script = lambda batch: [appended() for _ in batch]
    assert await appender.append(item("b")) == appended()


async def test_of_many_that_come_at_once_half_go_first_so_that_the_others_are_ready_to_follow(
    sender: ScriptedSender,
) -> None:
    names = [f"n{number}" for number in range(WORTH_HALVING)]

    await asyncio.gather(*await waiting(Appender(sender), *names))

    middle = WORTH_HALVING // 2
    assert sender.batches == [names[:middle], names[middle:]]


async def test_a_few_that_come_at_once_share_one_commit(sender: ScriptedSender) -> None:
    names = [f"n{number}" for number in range(WORTH_HALVING - 1)]

    await asyncio.gather(*await waiting(Appender(sender), *names))

    assert sender.batches == [names]
