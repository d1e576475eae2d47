"""One participant's loop: take what has come, decide upon it at once, keep it in one transaction, then tell Kafka.

What goes wrong falls into three kinds, and none of them loses or doubles anything:
- a server is away: the loop pauses and begins again from the marks; nobody is parked for that
- another process has taken over a partition: all that is known of it is forgotten, and the marks are read again
- the surroundings are wrong, such as a topic that was cut off: the process ends loudly
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import Final, Protocol

from eventing.backoff import full_jitter
from eventing.consuming import BEGINNING, Mark, Message, Partition, Superseded, moves
from eventing.errors import Unavailable
from eventing.parking import ParkedKey
from saga_choreography.handling import Done, Handling
from saga_choreography.hearing import Hearing, Taken
from saga_choreography.ports import Transactions
from saga_choreography.pulse import Pulse

TAKE_SECONDS: Final = 0.1
LOOK_SECONDS: Final = 1.0
"""Between looks at what an operator wants, at marks without effects and at the lag."""
LONGEST_REST: Final = 5.0


class Feed(Protocol):
    """Topics as this process reads them; see `eventing.kafka.consumer`."""

    trouble: str | None

    def take(self, seconds: float, most: int) -> Sequence[Message]: ...
    def seek(self, partition: Partition, offset: int) -> None: ...
    def heads(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]: ...
    def told(self, marks: Mapping[Partition, Mark]) -> None: ...
    def close(self) -> None: ...


Assigned = Callable[[Sequence[Partition]], Mapping[Partition, Mark]]
Revoked = Callable[[Sequence[Partition]], None]
OpenFeed = Callable[[Assigned, Revoked], Feed]


class Reactor:
    """Belongs to one thread."""

    def __init__(
        self,
        hearing: Hearing,
        handling: Handling,
        transactions: Transactions,
        open_feed: OpenFeed,
        pulse: Pulse,
        *,
        most: int,
        opened: Callable[[], object] = lambda: None,
    ) -> None:
        self._hearing = hearing
        self._handling = handling
        self._transactions = transactions
        self._open_feed = open_feed
        self._pulse = pulse
        self._most = most
        self._opened = opened
        self._kept: dict[Partition, Mark] = {}
        self._told: dict[Partition, Mark] = {}
        self._reached: dict[Partition, Mark] = {}
        self._waiting: frozenset[ParkedKey] = frozenset()
        self._look_at = 0.0

    def run(self, stop: Event) -> None:
        """Until told to stop; what is being handled then is finished first."""
        failures = 0
        while not stop.is_set():
            try:
                self._follow(stop)
            except Unavailable as error:
                failures = failures + 1 if self._pulse.error else 1
                self._pulse.trip(error)
                stop.wait(full_jitter(failures, max(0.1, error.retry_after), LONGEST_REST))
        self._transactions.close()

    def _follow(self, stop: Event) -> None:
        """The life of one consumer."""
        feed = self._open_feed(self._assigned, self._revoked)
        try:
            while not stop.is_set():
                messages = feed.take(TAKE_SECONDS, self._most)
                try:
                    self._go_on(feed, messages)
                except (Unavailable, Superseded) as error:
                    self._begin_again(feed, error, stop)
            with suppress(Unavailable, Superseded):
                self._keep_marks()
                self._tell(feed)
        finally:
            feed.close()
            self._revoked(list(self._reached))

    def _go_on(self, feed: Feed, messages: Sequence[Message]) -> None:
        if messages:
            self._handle(self._hearing.take(messages, self._reached))
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._look_around(feed)

    def _handle(self, batch: Sequence[Taken]) -> None:
        after = {taken.message.partition: taken for taken in batch}
        self._pulse.redelivered += sum(taken.comes_again for taken in batch)
        if any(taken.is_heard for taken in batch):
            began = time.monotonic()
            self._note(self._handling.handle(batch, self._kept, self._waiting))
            self._pulse.took(time.monotonic() - began)
        for partition in after:
            positions = [taken.position or 0 for taken in batch if taken.message.partition == partition]
            before = self._reached.get(partition, BEGINNING)
            offset = after[partition].message.offset + 1
            self._reached[partition] = Mark(offset, max(before.position, *positions))

    def _note(self, done: Done) -> None:
        self._kept.update(done.kept)
        self._waiting |= done.parked
        self._pulse.handled(done.handled, done.produced, len(done.parked), done.conflicts)
        if done.opened:
            self._opened()

    def _look_around(self, feed: Feed) -> None:
        self._keep_marks()
        self._tell(feed)
        self._retry_parked()
        heads = feed.heads(list(self._reached))
        lag = sum(head - self._reached[partition].offset for partition, head in heads.items())
        position = max((mark.position for mark in self._reached.values()), default=0)
        self._pulse.stands(len(self._reached), lag, position, len(self._waiting))
        if feed.trouble:
            self._pulse.trip(Unavailable(feed.trouble))
        else:
            self._pulse.well()

    def _keep_marks(self) -> None:
        """Those that moved over nothing that anybody heard: to read that again would do no harm, only take time."""
        after = {partition: mark for partition, mark in self._reached.items() if mark != self._kept.get(partition)}
        after = {partition: mark for partition, mark in after.items() if mark.offset > 0}
        if after:
            with self._transactions.begin() as work:
                work.move_marks(moves(self._kept, after))
                work.commit([])
            self._kept.update(after)

    def _tell(self, feed: Feed) -> None:
        """Kafka, where everything is kept. With each batch it would cost the broker as much as the events do."""
        news = {partition: mark for partition, mark in self._kept.items() if mark != self._told.get(partition)}
        feed.told(news)
        self._told.update(news)

    def _retry_parked(self) -> None:
        if not self._waiting:
            return
        partitions = list(self._reached)
        with self._transactions.begin() as work:
            self._waiting = work.parking.keys(partitions)
            wanted = work.parking.to_retry(partitions)
        for parked in wanted:
            self._note(self._handling.retry(parked, self._kept))
            self._look_at = 0.0  # the next one of its key may be wanted as well

    def _begin_again(self, feed: Feed, error: Exception, stop: Event) -> None:
        """From the marks, as soon as the database says where they are. The group is not left meanwhile."""
        failures = 0
        while not stop.is_set():
            self._pulse.trip(error)
            if failures or isinstance(error, Unavailable):
                stop.wait(full_jitter(failures + 1, 0.1, LONGEST_REST))
            try:
                partitions = list(self._reached)
                self._take_over(partitions, self._transactions.read_marks(partitions))
            except Unavailable as again:
                error, failures = again, failures + 1
                continue
            for partition, mark in self._reached.items():
                feed.seek(partition, mark.offset)
            return

    def _assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        marks = self._transactions.read_marks(partitions)
        self._take_over(partitions, marks)
        with self._transactions.begin() as work:
            self._waiting |= work.parking.keys(partitions)
        self._pulse.rebalances += 1
        return marks

    def _take_over(self, partitions: Sequence[Partition], marks: Mapping[Partition, Mark]) -> None:
        for partition in partitions:
            self._kept.pop(partition, None)
            self._reached[partition] = marks.get(partition, BEGINNING)
        self._kept.update(marks)

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self._kept.pop(partition, None)
            self._told.pop(partition, None)
            self._reached.pop(partition, None)
        self._waiting = frozenset(key for key in self._waiting if key.partition in self._reached)
