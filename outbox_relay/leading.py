"""What the one relay that leads does: log → Kafka → checkpoint, round and round, until it leads no more.

The promises stand on four rules:
- events are published in the order of the log, from the one after the checkpoint, and none is left out: where one
  can't be published, everything stops before it
- the checkpoint follows the acknowledgements, never the sending, and moves only over what has no gap behind it
- it moves only under the epoch of this tenure; whoever finds another one there has lost, and stops
- whenever it is unclear what Kafka has, everything after the checkpoint is published again: consumers know positions,
  so what comes twice does no harm, while what was left out could never be repaired

Reading, publishing and waiting for acknowledgements overlap: several batches are under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event
from typing import Final

from eventing.crash_points import reach
from eventing.errors import Unavailable
from eventing.leases import LeadershipLost, Tenure
from outbox_relay.address_book import AddressBook, no_schema_id
from outbox_relay.backlog import Backlog
from outbox_relay.ledger import Ledger
from outbox_relay.pace import pause
from outbox_relay.ports import Publisher, Row, Tuning
from outbox_relay.pulse import Pulse

WINDOW: Final = 4
"""Batches under way at a time: enough that neither side waits, few enough for memory and for what comes twice."""
CHECKPOINT_SECONDS: Final = 0.05
REPORT_SECONDS: Final = 1.0
TOPICS_SECONDS: Final = 10.0
REST_SECONDS: Final = 0.25
"""After something failed that may work when it is tried again."""
SERVE_SECONDS: Final = 0.01
DRAIN_SECONDS: Final = 10.0

OpenPublisher = Callable[[Tuning, int, Callable[[], bool]], Publisher]
"""A publisher with this tuning, for what comes after this position, which asks whether it may still send."""


class Leading:
    """One tenure."""

    def __init__(
        self,
        tenure: Tenure,
        backlog: Backlog,
        ledger: Ledger,
        addresses: AddressBook,
        open_publisher: OpenPublisher,
        pulse: Pulse,
        *,
        longest_pause: float,
    ) -> None:
        self._tenure = tenure
        self._backlog = backlog
        self._ledger = ledger
        self._addresses = addresses
        self._open_publisher = open_publisher
        self._pulse = pulse
        self._longest_pause = longest_pause
        self._publisher: Publisher | None = None
        self._read_to = self._checkpoint = self._careful_until = 0
        self._rest_until = self._checkpoint_at = self._report_at = self._check_at = 0.0
        self._busy_at = time.monotonic()
        self._tuning = Tuning(0, 1)
        tenure.at_end(self._send_no_more)

    def run(self, stop: Event) -> None:
        """Until told to stop. Raises `LeadershipLost`, or `Misconfigured` where nothing gets better by itself."""
        try:
            while not stop.is_set():
                try:
                    self._publish_on(stop)
                except Unavailable as error:
                    self._begin_again(error)
                    self._tell()
                    stop.wait(REST_SECONDS)
                self._tenure.demand()
        finally:
            self._abandon()

    def _publish_on(self, stop: Event) -> None:
        """The life of one publisher, from the checkpoint on, until the tuning is changed."""
        self._tuning = tuning = self._ledger.report(self._pulse.rate, None)
        self._addresses.refresh()
        self._read_to = self._checkpoint = self._pulse.checkpoint = self._ledger.position()
        self._check_at = time.monotonic() + TOPICS_SECONDS
        self._publisher = publisher = self._open_publisher(tuning, self._checkpoint, self._tenure.holds)
        while not stop.is_set() and self._tuning == tuning:
            self._tenure.demand()
            found = self._take_in(publisher)
            publisher.serve(0 if found else self._pause(publisher))
            self._keep_books(publisher)
        self._drain(publisher)

    def _take_in(self, publisher: Publisher) -> bool:
        """Publishes the next events, if there are any and there is room for more on the way."""
        if not self._has_room(publisher) or time.monotonic() < self._rest_until:
            return False
        try:
            rows = self._backlog.next(self._read_to, 1 if self._is_careful() else self._tuning.batch)
        except Unavailable as error:  # what is under way need not suffer from it
            self._rest(error)
            return False
        if rows:
            self._publish(publisher, rows)
            self._busy_at = time.monotonic()
        return bool(rows)

    def _publish(self, publisher: Publisher, rows: Sequence[Row]) -> None:
        count = self._addresses.sendable(rows)
        if count:
            last = rows[count - 1][0]
            reach("relay.before_produce")
            publisher.publish(self._addresses.messages(rows[:count]), count, last)
            self._read_to = last
            reach("relay.produced")
        if count < len(rows):
            self._rest(no_schema_id(rows[count]))

    def _keep_books(self, publisher: Publisher) -> None:
        now = time.monotonic()
        try:
            if publisher.acknowledged > self._checkpoint and now >= self._checkpoint_at:
                self._move_checkpoint(publisher.acknowledged)
            if now >= self._report_at:
                self._report_at = now + REPORT_SECONDS
                self._report(publisher)
        except Unavailable as error:
            self._checkpoint_at = now + REST_SECONDS
            self._pulse.trip(error)

    def _move_checkpoint(self, position: int) -> None:
        reach("relay.acknowledged")
        if not self._ledger.move(position, self._tenure.epoch):
            self._tenure.end()
            raise LeadershipLost
        reach("relay.checkpointed")
        self._pulse.moved(self._checkpoint, position)
        self._checkpoint = position
        self._checkpoint_at = time.monotonic() + CHECKPOINT_SECONDS

    def _report(self, publisher: Publisher) -> None:
        if publisher.trouble:
            self._pulse.trip(Unavailable(publisher.trouble))
        self._tuning = self._ledger.report(self._pulse.measure(), self._pulse.error)
        self._pulse.told(self._ledger.standing())
        if time.monotonic() >= self._check_at and not publisher.trouble:
            self._check_at = time.monotonic() + TOPICS_SECONDS
            self._addresses.check()

    def _tell(self) -> None:
        """While nothing can even begin, the log goes on. How far, and what is in the way, is told at each attempt."""
        with suppress(Unavailable):
            self._ledger.report(self._pulse.measure(), self._pulse.error)
            self._pulse.standing = self._ledger.standing()  # not `told`: where nothing waits, the trouble lasts as well

    def _pause(self, publisher: Publisher) -> float:
        if not self._has_room(publisher):
            return SERVE_SECONDS  # ends as soon as something is acknowledged
        now = time.monotonic()
        if now < self._rest_until:
            return SERVE_SECONDS
        return pause(now - self._busy_at, self._longest_pause)

    def _has_room(self, publisher: Publisher) -> bool:
        return publisher.under_way < (1 if self._is_careful() else WINDOW)

    def _is_careful(self) -> bool:
        """After one message was refused: one by one up to there, so that its neighbours are not sent over and over."""
        return self._read_to < self._careful_until

    def _rest(self, error: Exception) -> None:
        self._pulse.trip(error)
        self._rest_until = time.monotonic() + REST_SECONDS

    def _begin_again(self, error: Unavailable) -> None:
        self._abandon()
        self._pulse.trip(error)
        if error.code == "message_too_large":
            self._careful_until = max(self._careful_until, self._read_to)

    def _drain(self, publisher: Publisher) -> None:
        """What is under way arrives, and the checkpoint says so: whoever comes next sends nothing twice."""
        until = time.monotonic() + DRAIN_SECONDS
        while publisher.under_way and self._tenure.holds() and time.monotonic() < until:
            publisher.serve(SERVE_SECONDS)
        self._checkpoint_at = 0.0
        self._keep_books(publisher)
        self._abandon()

    def _send_no_more(self) -> None:
        """Called when the tenure ends, from whichever thread notices."""
        if self._publisher is not None:
            self._publisher.purge()

    def _abandon(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.abandon()
