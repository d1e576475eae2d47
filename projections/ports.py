"""What projectors, rebuilds and readers need from outside, as they see it.

Where positions stand, and in which order they move:
- a document's own position is kept with it; a document is written only from the one it was folded from (Redis) or
  over an older one (Elasticsearch), so that nothing can go backwards
- a partition's mark (`applied`) moves with or after the documents, never before: Redis models keep it in the call that
  writes the documents (or after all of them, where they are many), Elasticsearch models in Postgres after every item
  of the bulk was answered
- `searchable` moves after a refresh that began after the documents were written; of a Redis model it is `applied`
Partitions are named by the topic without the prefix of an installation, as in a Consistency-Token.
Both are published on a board in Redis for those who wait, which may be away: then the truth behind it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from eventing.consuming import Mark, Message, Move, Partition
from eventing.errors import OrderloomError
from eventing.parking import Cause, Parked, ParkedKey
from projections.generations import Build
from projections.read_model import Document, ReadModel, Sums

NOTHING: Sums = {}
NOWHERE: Mapping[str, int | None] = {}


class Lost(OrderloomError):
    """A store no longer has what was written to it: the model has to be rebuilt."""

    code = "read_model_lost"


class SetBack(OrderloomError):
    """A store has less than it had said that it kept: an older copy of it has taken its place. Read on from there."""

    code = "read_model_set_back"


class Stored(NamedTuple):
    """A document as it is kept. `document` is None for one that was deleted (its tombstone keeps the position)."""

    position: int
    document: Document | None
    label: str = ""
    """What Redis keeps before it. Nothing is folded from it; a fold has it only where the two are compared."""

    @property
    def is_there(self) -> bool:
        """Neither deleted nor nothing at all; what can't be read is there as well, and in the way."""
        return self.document is not None or self == UNREADABLE


UNREADABLE: Final = Stored(-1, None)
"""What a store has in a document's place and no projector has written. It equals no fold; nothing is folded upon it."""


class Change(NamedTuple):
    """One document that is to be written, with everything that follows from it."""

    id: str
    based_on: int
    """The position of what it was folded from; 0 where there was nothing."""
    position: int
    """Of the last event folded in."""
    partition: Partition
    body: bytes | None
    """JSON; None deletes: a tombstone with this position remains."""
    label: str = ""
    sums: Sums = NOTHING
    """What has to be added to the part of this partition."""
    places: Mapping[str, int | None] = NOWHERE
    """Where it stands from now on; None where it no longer does."""


class Outcome(NamedTuple):
    """What became of a batch."""

    overtaken: Sequence[str] = ()
    """Nothing was written of these: what is kept is not what they were folded from. Read it and fold again."""
    refused: Mapping[str, str] = {}
    """The store will never take these, with its reason; all others are written."""


class Footing(NamedTuple):
    """What a batch goes on from: a store that has less was set back, and what it lacks would never be read again."""

    marks: Mapping[Partition, Mark] = {}
    documents: Mapping[str, int] = {}
    """Id → position: what was written of the batch before its marks."""


ANYWHERE: Final = Footing()


class DocumentStore(Protocol):
    """The documents of one build of one model. Raises `Unavailable` or `Lost`; a batch may be given again as it is."""

    @property
    def keeps_marks(self) -> bool:
        """Whether marks are written in one step with the documents and read from here; else they stand at the desk."""
        ...

    def create(self) -> str:
        """Makes the empty build and answers with its identity, by which a later one of the same name is told apart."""
        ...

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        """Raises `Lost` where the build that was made is not there any more, `SetBack` where it is not that far."""
        ...

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """Those that are there, tombstones included, as they were written last: searchable or not."""
        ...

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        """Each document at once with its sums and places; the marks last, and only where nothing was overtaken.

        Raises `SetBack` where it keeps marks and does not have what the batch goes on from; those stay as they are."""
        ...

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]: ...

    def refresh(self) -> None:
        """Whatever was written before this began can be found by search when it returns."""
        ...

    def scan(self, after: str = "") -> Iterator[tuple[str, Stored]]:
        """All documents, tombstones too, in an order that stays the same. For comparing and repairing."""
        ...

    def drop(self) -> None:
        """Takes the whole build away."""
        ...

    def close(self) -> None: ...


class ToPark(NamedTuple):
    message: Message
    cause: Cause
    event_type: str | None
    position: int | None


class Desk(Protocol):
    """What stands in Postgres about one build: its marks, if its store keeps none, and what could not be handled."""

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]: ...

    def keep(self, moves: Sequence[Move], parked: Sequence[ToPark]) -> None:
        """All or nothing. Raises `Superseded` where another process has come further."""
        ...

    def parked(self, partitions: Sequence[Partition]) -> frozenset[ParkedKey]: ...

    def to_retry(self, partitions: Sequence[Partition]) -> Sequence[Parked]: ...

    def settle(self, parked: Parked, carry_out: Callable[[], None]) -> bool:
        """It leaves the parking together with its effect. False if it was not parked any more; then nothing is done."""
        ...

    def failed_again(self, parked: Parked, cause: Cause) -> None: ...

    def close(self) -> None: ...


class Board(Protocol):
    """Where the positions of models whose store keeps no marks are published for waiting readers of all processes.

    Never an error: a reader has another way. False if it could not be."""

    def applied(self, build: Build, marks: Mapping[Partition, Mark]) -> bool: ...

    def searchable(self, build: Build, positions: Mapping[Partition, int]) -> bool: ...

    def close(self) -> None: ...


class Generations(Protocol):
    """Which builds of which models there are, and what they are for."""

    def builds(self, model: str | None = None) -> Sequence[Build]:
        """Those that exist, oldest first."""
        ...

    def first(self, model: ReadModel, make: Callable[[Build], str]) -> Build:
        """The live build; where the model never had any build, it is made now, once, whoever asks at the same time."""
        ...
