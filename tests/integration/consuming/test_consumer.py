"""A consumer begins where its owner says, goes on without a gap, and jumps nowhere by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import pytest

from eventing.consuming import Mark, Message, Partition
from eventing.errors import Misconfigured, Unavailable
from eventing.kafka.consumer import Consumer
from tests.integration.consuming.conftest import PARTITIONS, Topic

PATIENCE = 90.0
MakeTopic = Callable[[], Topic]


class Owner:
    """Keeps marks in memory, as a participant keeps them in Postgres."""

    def __init__(self, topic: Topic, group: str, marks: dict[Partition, Mark]) -> None:
        self.held: set[Partition] = set()
        self.got: list[Message] = []
        self.marks = marks
        self.consumer = Consumer(
            {"bootstrap.servers": topic.bootstrap},
            group,
            [topic.name],
            assigned=self._assigned,
            revoked=self._revoked,
            session_timeout=6,
        )

    def take(self) -> Sequence[Message]:
        messages = self.consumer.take(0.05, 100)
        self.got += messages
        for message in messages:
            self.marks[message.partition] = Mark(message.offset + 1, 0)
        return messages

    def values(self) -> list[str]:
        return [message.value.decode() for message in self.got]

    def _assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        self.held |= set(partitions)
        return {partition: self.marks[partition] for partition in partitions if partition in self.marks}

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        self.held -= set(partitions)


Join = Callable[..., Owner]


@pytest.fixture
def join(names: str) -> Iterator[Join]:
    with ExitStack() as open_ones:

        def start(topic: Topic, marks: dict[Partition, Mark] | None = None) -> Owner:
            owner = Owner(topic, names, {} if marks is None else marks)
            open_ones.callback(owner.consumer.close)
            return owner

        yield start


def until(condition: Callable[[], bool], *owners: Owner) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        for owner in owners:
            owner.take()


def test_what_has_no_mark_is_read_from_the_beginning(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    topic.write(range(250))
    owner = join(topic)

    until(lambda: len(owner.got) >= 250, owner)

    assert owner.values() == [str(number) for number in range(250)]


def test_reading_begins_at_the_mark_whatever_kafka_believes(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    topic.write(range(10))
    place = Partition(topic.name, 0)
    first = join(topic)
    until(lambda: len(first.got) >= 10, first)
    first.consumer.told({place: Mark(10, 0)})
    first.consumer.close()

    second = join(topic, {place: Mark(7, 0)})
    until(lambda: len(second.got) >= 3, second)

    assert second.values() == ["7", "8", "9"]


def test_a_seek_drops_what_was_fetched_before_it(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    topic.write(range(1000))
    owner = join(topic)
    until(lambda: len(owner.got) >= 300, owner)
    owner.got.clear()

    owner.consumer.seek(Partition(topic.name, 0), 5)
    until(lambda: len(owner.got) >= 995, owner)

    assert owner.values() == [str(number) for number in range(5, 1000)]


def test_a_partition_that_is_paused_says_nothing_until_it_is_resumed(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    place, other = Partition(topic.name, 0), Partition(topic.name, 1)
    owner = join(topic)
    until(lambda: len(owner.held) == PARTITIONS, owner)

    owner.consumer.pause([place])
    topic.write(["quiet"], 0)
    topic.write(["loud"], 1)
    until(lambda: "loud" in owner.values(), owner)
    assert owner.values() == ["loud"]

    owner.consumer.resume([place])
    until(lambda: "quiet" in owner.values(), owner)
    assert owner.consumer.heads([place, other]) == {place: 1, other: 1}


def test_a_partition_that_went_to_another_member_and_has_come_back_is_awake(make_topic: MakeTopic, join: Join) -> None:
    topic, marks = make_topic(), dict[Partition, Mark]()
    stayer = join(topic, marks)
    until(lambda: len(stayer.held) == PARTITIONS, stayer)
    stayer.consumer.pause(stayer.held)
    guest = join(topic, marks)
    until(lambda: 0 < len(guest.held) < PARTITIONS and len(guest.held | stayer.held) == PARTITIONS, stayer, guest)
    lent = {partition.number for partition in guest.held}

    guest.consumer.close()
    until(lambda: len(stayer.held) == PARTITIONS, stayer)

    for number in range(PARTITIONS):
        topic.write([number], number)
    until(lambda: {int(value) for value in stayer.values()} >= lent, stayer)
    assert {int(value) for value in stayer.values()} == lent, "the others sleep on"


def test_members_that_come_and_go_share_the_partitions_without_a_gap(make_topic: MakeTopic, join: Join) -> None:
    """Marks are shared, as those of one consumer are: whoever takes a partition over goes on where it was left."""
    topic, marks = make_topic(), dict[Partition, Mark]()
    numbers = iter(range(10_000))

    def write_more() -> None:
        for partition in range(PARTITIONS):
            topic.write([next(numbers) for _ in range(50)], partition)

    write_more()
    stayer = join(topic, marks)
    until(lambda: len(stayer.held) == PARTITIONS, stayer)
    guests: list[Owner] = []
    for _ in range(3):
        write_more()
        guest = join(topic, marks)
        guests.append(guest)
        until(lambda guest=guest: bool(guest.held), stayer, guest)  # type: ignore[misc]
        write_more()
        until(lambda: sum(mark.offset for mark in marks.values()) >= next_count(numbers), stayer, guest)
        guest.consumer.close()
        until(lambda: len(stayer.held) == PARTITIONS, stayer)

    until(lambda: sum(mark.offset for mark in marks.values()) >= next_count(numbers), stayer)

    seen = [message for owner in (stayer, *guests) for message in owner.got]
    places = {(message.partition, message.offset) for message in seen}
    assert len(places) == next_count(numbers), "nothing is left out"
    assert len(seen) == len(places), "and nothing that was acknowledged comes again"
    for partition in {message.partition for message in stayer.got}:
        own = [message.offset for message in stayer.got if message.partition == partition]
        assert own == sorted(own)


def next_count(numbers: Iterator[int]) -> int:
    """How many were written: what the range still holds is what was not."""
    return 10_000 - numbers.__length_hint__()  # type: ignore[attr-defined, no-any-return]


def test_a_topic_that_was_cut_off_ends_the_consumer_loudly(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    topic.write(range(10))
    topic.cut_off(6)
    owner = join(topic, {Partition(topic.name, 0): Mark(3, 0)})

    with pytest.raises(Misconfigured, match="no longer holds what comes next here"):
        until(lambda: bool(owner.got), owner)


def test_an_owner_that_can_not_say_where_to_begin_reads_nothing(make_topic: MakeTopic, join: Join) -> None:
    topic = make_topic()
    topic.write(range(10))
    owner = join(topic)

    def away(_: Sequence[Partition]) -> Mapping[Partition, Mark]:
        raise Unavailable("Postgres can't be reached.")

    owner.consumer._assigned = away
    with pytest.raises(Unavailable, match="Postgres"):
        until(lambda: bool(owner.got), owner)
    with pytest.raises(Unavailable, match="Postgres"):
        owner.take()
    assert owner.got == []
