"""What the running side of the saga needs of the database, in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from eventing.consuming import Mark, Move, Partition
from eventing.envelope import Recorded
from eventing.event_store import Append
from eventing.parking import Parking


class OpenIntent(NamedTuple):
    """What is to be asked of the outside world: the event that wrote it down."""

    intent_id: UUID
    order_id: str
    type: str


class Claimed(NamedTuple):
    """An open intent that this process alone asks about, until its lease has passed."""

    intent_id: UUID
    order_id: str
    attempts: int


class Postponed(NamedTuple):
    """Asked without a definite answer: who may ask again and when."""

    intent_id: UUID
    trouble: str
    seconds: float
    asked: bool


class Passed(NamedTuple):
    """A deadline that has passed."""

    order_id: str
    step: str
    position: int
    """Of the event that began the step."""


class Begun(NamedTuple):
    """A step has begun, and has to have ended some seconds later."""

    order_id: str
    step: str
    position: int
    at: datetime
    seconds: float


class Ended(NamedTuple):
    """A step has ended for good."""

    order_id: str
    step: str
    position: int
    at: datetime


class Looked(NamedTuple):
    """An event of the log, as far as deadlines need it."""

    position: int
    stream: str
    type: str
    recorded_at: datetime


class Work(Protocol):
    """One transaction. Marks move first and `commit` is last, so that locks are taken in one order everywhere."""

    parking: Parking

    def move_marks(self, moves: Sequence[Move]) -> None:
        """Raises `Superseded` where a mark is not where it is believed to be."""
        ...

    def load(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]: ...

    def lock_levels(self, skus: Sequence[str]) -> Mapping[str, int]:
        """How many pieces of each are available, which stays so until the end of this transaction."""
        ...

    def move_levels(self, deltas: Mapping[str, int]) -> None: ...
    def open_intents(self, participant: str, intents: Sequence[OpenIntent]) -> None: ...
    def close_intents(self, intents: Sequence[UUID]) -> None: ...

    def lock_passed(self, most: int) -> Sequence[Passed]:
        """Deadlines that have passed by the database's clock and that no other watchdog is busy with."""
        ...

    def deadlines_fired(self, fired: Sequence[Passed]) -> None: ...
    def deadlines_ended(self, ended: Sequence[Passed]) -> None: ...

    def lock_watch(self) -> int | None:
        """How far the log has been read for deadlines; None while another watchdog reads it."""
        ...

    def log_after(self, position: int, most: int) -> Sequence[Looked]: ...
    def note_steps(self, begun: Sequence[Begun], ended: Sequence[Ended], closed: Sequence[str]) -> None: ...
    def move_watch(self, position: int) -> None: ...

    def commit(self, appends: Sequence[Append]) -> None:
        """Raises `Conflict` where a stream has moved on since it was loaded, `Refusal` where it can't be stored."""
        ...


class Transactions(Protocol):
    """Belongs to one thread. A transaction that is not committed when its block ends has not happened.

    Every trouble that may be gone when it is tried anew is raised as `Unavailable`."""

    def begin(self) -> AbstractContextManager[Work]: ...
    def read_marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]: ...
    def close(self) -> None: ...


class IntentDesk(Protocol):
    """The list of open intents, of one participant and one worker. Belongs to one thread."""

    def claim(self, most: int) -> Sequence[Claimed]: ...
    def postpone(self, postponed: Sequence[Postponed]) -> None: ...

    def reject(self, intent_id: UUID, trouble: str) -> None:
        """Nobody asks again before an operator says so."""
        ...

    def release(self, intents: Sequence[UUID]) -> None:
        """They were not asked; somebody else may do it at once."""
        ...

    def standing(self) -> tuple[int, int, float]:
        """How many are open, how many of them were rejected, and the age of the oldest in seconds."""
        ...
