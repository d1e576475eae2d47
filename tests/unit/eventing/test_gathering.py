"""What goes into one batch, whatever waits."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from eventing.event_store import Idempotency
from eventing.gathering import LOOK_AHEAD, Limits, gather

STREAMS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=3)


@dataclass(frozen=True)
class Item:
    number: int
    streams: list[str]
    written: list[str]
    idempotency: Idempotency | None
    events: int
    size: int


@dataclass(eq=False)
class Waiting:
    item: Item
    given_up: bool = False


@st.composite
def queues(draw: st.DrawFn) -> list[Waiting]:
    queue = []
    for number in range(draw(st.integers(0, 20))):
        streams = draw(STREAMS)
        written = [stream for stream in streams if draw(st.booleans())]
        key = draw(st.none() | st.sampled_from("kl"))
        idempotency = Idempotency("scope", key, b"", b"") if key else None
        item = Item(number, streams, written, idempotency, draw(st.integers(0, 5)), draw(st.integers(0, 50)))
        queue.append(Waiting(item, draw(st.booleans()) and draw(st.booleans())))
    return queue


def collide(one: Item, other: Item) -> bool:
    same_key = one.idempotency is not None and one.idempotency == other.idempotency
    return bool(same_key or set(one.written) & set(other.streams) or set(other.written) & set(one.streams))


@given(queues())
def test_nothing_in_a_batch_collides(queue: list[Waiting]) -> None:
    batch = gather(deque(queue), Limits())

    assert not any(collide(a.item, b.item) for n, a in enumerate(batch) for b in batch[n + 1 :])


@given(queues(), st.integers(1, 5), st.integers(1, 8), st.integers(1, 80))
def test_batch_after_batch_takes_all_and_keeps_the_order_of_those_that_collide(
    queue: list[Waiting], appends: int, events: int, size: int
) -> None:
    left = deque(queue)
    taken: list[Item] = []
    while batch := gather(left, Limits(appends, events, size)):
        assert len(batch) <= appends
        assert len(batch) == 1 or sum(one.item.events for one in batch) <= events
        assert len(batch) == 1 or sum(one.item.size for one in batch) <= size
        taken += [one.item for one in batch]

    assert not left
    assert sorted(item.number for item in taken) == [one.item.number for one in queue if not one.given_up]
    for n, earlier in enumerate(taken):
        assert not any(collide(earlier, later) and later.number < earlier.number for later in taken[n + 1 :])


def test_a_hot_stream_does_not_make_gathering_slow() -> None:
    queue = deque(Waiting(Item(n, ["hot"], ["hot"], None, 1, 1)) for n in range(10 * LOOK_AHEAD))

    batch = gather(queue, Limits())

    assert [one.item.number for one in batch] == [0]
    assert [one.item.number for one in queue] == list(range(1, 10 * LOOK_AHEAD))
