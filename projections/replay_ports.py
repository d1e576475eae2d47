"""What rebuilding and verifying need from outside, beyond what a projector needs.

A mark `(offset, position)` promises: everything of its partition up to that position of the log is folded in, and the
first event beyond it lies at that offset or later. So a build that was filled from the store can be handed over to a
projector that reads Kafka: it begins at the offset and passes by what lies at or before the position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from eventing.consuming import Mark, Message, Partition
from eventing.parking import Cause, ParkedKey
from projections.generations import Build
from projections.ports import Stored
from projections.read_model import Family, Heard

Line = tuple[Sequence[Family], Heard, Partition]
"""An event, which families hear it, and where it belongs. A plain tuple: there is one for each event of the log."""


class Ends(NamedTuple):
    """Where history ended when it was looked at."""

    offsets: Mapping[Partition, int]
    """Of the topics in Kafka. Asked before the position where the log is read, and after it where Kafka is."""
    position: int


class Broken(NamedTuple):
    """An event that can't be read."""

    key: ParkedKey
    position: int
    cause: Cause


class Stretch(NamedTuple):
    """A piece of history, in the order of each partition."""

    lines: Sequence[Line]
    marks: Mapping[Partition, Mark]
    """Where each partition stands when all of this is kept."""
    events: int
    """How many were passed, heard or not."""
    broken: Sequence[Broken] = ()


class History(Protocol):
    def ends(self) -> Ends: ...

    def length(self, begin: Mapping[Partition, Mark], ends: Ends) -> int:
        """How many events lie between."""
        ...

    def read(self, begin: Mapping[Partition, Mark], ends: Ends) -> Iterator[Stretch]:
        """Records that are no events of ours are passed by."""
        ...

    def close(self) -> None: ...


class Originals(Protocol):
    """Events as a relay publishes them, for those that have to be parked."""

    def message(self, partition: Partition, position: int) -> Message:
        """With an offset before all real ones, in the order of the log: which one it has in Kafka is not known here."""
        ...


class Told(NamedTuple):
    """An event that is not decoded until somebody wants it."""

    key: str
    position: int
    type: str
    row: tuple[Any, ...]


class KeyedLog(Protocol):
    """The event store, key by key."""

    def keys(self, until: int) -> Iterator[tuple[str, Sequence[Told]]]:
        """Each key with what is heard of it up to a position of the log."""
        ...

    def of(self, family: Family, keys: Sequence[str]) -> Mapping[str, Sequence[Told]]:
        """All that there is of these keys."""
        ...

    def heard(self, told: Told) -> Heard:
        """Raises `Unreadable`."""
        ...


class Mending(Protocol):
    """Puts a document right in one build."""

    def mend(self, document_id: str, found: Stored | None, wanted: Stored) -> bool:
        """False if it is not as it was found any more; nothing is done then."""
        ...


class Derived(Protocol):
    """The sums and lists of one build, by their names as `projections.names` has them."""

    def scan(self) -> Iterator[tuple[str, Mapping[str, int]]]:
        """All of them, each as it is when it is come upon; one may come twice."""
        ...

    def snapshot(
        self, names: Sequence[str], places: Sequence[Partition]
    ) -> tuple[Mapping[Partition, Mark], Mapping[str, Mapping[str, int]]]:
        """The marks and these, at one and the same moment."""
        ...

    def add(self, name: str, field: str, amount: int) -> None:
        """To a sum, whatever else is added to it."""
        ...

    def place(self, name: str, document_id: str) -> None:
        """Where a list has this document from now on is what the document says."""
        ...

    def close(self) -> None: ...


class Lifecycle(Protocol):
    """The table of builds, for whoever changes it. A transaction a call, refused to whoever was replaced."""

    def builds(self, model: str) -> Sequence[Build]: ...
    def begin(self, generation: int, digest: str) -> Build:
        """A new build, of which nothing is made yet."""
        ...

    def made(self, build: Build, identity: str) -> Build: ...
    def follow(self, build: Build) -> Build:
        """It is filled: projectors keep it fresh from now on."""
        ...

    def switch(self, build: Build) -> Build:
        """It is live; what was live is kept as the old one, and what was old before is to be dropped."""
        ...

    def retire(self, build: Build) -> None:
        """Nobody keeps it fresh any more."""
        ...

    def mended(self, build: Build) -> int:
        """Documents of it were put right: what projectors remember is to be forgotten. Which repair of it this was."""
        ...

    def remembering(self, build: Build, mended: int) -> Sequence[str]:
        """The processes that have not said yet that they remember nothing from before this repair."""
        ...

    def retired(self) -> Sequence[Build]:
        """Those that are retired and may still have something in their store."""
        ...

    def buried(self, build: Build) -> None:
        """Its store has nothing of it any more."""
        ...


class Showing(Protocol):
    def shown(self, model: str) -> str | None: ...
    def show(self, build: Build) -> None: ...
    def show_when_level(self, new: Build, live: Build) -> bool:
        """False if the new build lacks what readers may have seen in the live one; nothing is switched then."""
        ...


class Curtain(Protocol):
    def hide(self, model: str) -> None:
        """No build is shown: whoever asks is told that there is nothing to read from."""
        ...


Answers = Mapping[str, str]
"""Question → a digest of its answer."""


class Workbench(Protocol):
    """What a store can do for a build that is being made or looked at, and that no projector needs."""

    def prepare(self, build: Build) -> None:
        """For being filled: nobody reads from it."""
        ...

    def finish(self, build: Build) -> None:
        """For being read from."""
        ...

    def count(self, build: Build) -> int:
        """Documents, tombstones included."""
        ...

    def answers(self, build: Build) -> Answers:
        """Real questions, as readers ask them."""
        ...


def is_shown(shown: str | None, build: Build) -> bool:
    """Elasticsearch shows the name of an index, Redis a tag."""
    return shown is not None and (shown == build.tag or shown.endswith(f"-{build.tag}"))


def lacking(ours: Mapping[Partition, Mark], theirs: Mapping[Partition, Mark]) -> Mapping[Partition, int]:
    """Positions that another build has reached and this one has not."""
    return {
        partition: mark.position
        for partition, mark in theirs.items()
        if mark.position > (ours[partition].position if partition in ours else 0)
    }
