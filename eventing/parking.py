"""What can't be handled waits alone: that event, and every later one of the same key, in order, while all others flow.

An operator retries or discards what is parked. A retry is carried out by the consumer that reads the partition, so that
one key is only ever handled in one place; it goes through the very path of every other event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from eventing.consuming import Message, Partition

QUEUED_BEHIND: Final = "queued_behind"
"""The code of what is parked only because an earlier event of its key is."""


class Cause(NamedTuple):
    code: str
    sentence: str
    attempts: int = 1


class Parked(NamedTuple):
    """A parked event with what its consumer needs to try it again."""

    id: int
    message: Message
    attempts: int


class ParkedKey(NamedTuple):
    partition: Partition
    key: str


class Parking(Protocol):
    """Of one consumer. What it writes belongs to the transaction in which its caller moves the mark."""

    def keys(self, partitions: Sequence[Partition]) -> frozenset[ParkedKey]:
        """The keys of which something is parked: whatever comes of them has to be parked behind."""
        ...

    def park(self, message: Message, cause: Cause, *, event_type: str | None, position: int | None) -> None: ...

    def to_retry(self, partitions: Sequence[Partition]) -> Sequence[Parked]:
        """The first parked event of each key that an operator wants to be tried again."""
        ...

    def settled(self, parked: Parked) -> bool:
        """It was handled. False if it is not parked any more, and then its effect must not take place."""
        ...

    def failed_again(self, parked: Parked, cause: Cause) -> None:
        """The rest of its key waits for the next wish of an operator."""
        ...


class Waiting(NamedTuple):
    """A parked event as an operator sees it."""

    id: int
    consumer: str
    topic: str
    partition: int
    offset: int
    key: str
    event_type: str | None
    position: int | None
    cause_code: str
    cause: str
    attempts: int
    parked_at: datetime
    tried_at: datetime
    retry_asked_at: datetime | None


class Choice(NamedTuple):
    """Which parked events an operator means. Every condition that is given has to hold."""

    id: int | None = None
    consumer: str | None = None
    key: str | None = None
    event_type: str | None = None
    cause_code: str | None = None


class Decision(NamedTuple):
    actor: str
    reason: str
