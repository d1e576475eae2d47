"""What readers of the read models need from outside: where they are kept, and how far they are.

All of it may be away: `Unavailable` then, at once. An order is then folded from its events, everything else says 503.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from eventing.consuming import Mark, Partition
from eventing.errors import Unavailable

Json = Mapping[str, Any]


class NotServed(Unavailable):
    """This can't be read right now; what else there is can be."""

    def __init__(self, message: str, /, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Standing(NamedTuple):
    """How far the live build of a model is. Positions of one build only grow."""

    tag: str
    """Of the build: what is read has to be read from the very build whose standing was looked at."""
    applied: Mapping[Partition, Mark]
    visible: Mapping[Partition, int]
    """Partition → the position up to which a reader sees everything. Of an Elasticsearch model: what is searchable."""


class Kept(NamedTuple):
    """A document as it is kept, unparsed."""

    position: int
    label: str
    body: bytes


class Moved(NamedTuple):
    """A hint: a build has come this far in a partition. Hints may be lost."""

    model: str
    tag: str
    partition: Partition
    position: int
    """Up to here everything is visible to a reader."""


class Changed(NamedTuple):
    """A hint: a document was written with this position."""

    model: str
    document_id: str
    position: int
    label: str


class Reconnected(NamedTuple):
    """Hints may have been lost before this one: whoever relies on them looks again."""


Hint = Moved | Changed | Reconnected


class ListEntry(NamedTuple):
    place: int
    document_id: str


class ReadStore(Protocol):
    """The documents in Redis."""

    async def standings(self) -> Mapping[str, Standing]:
        """Of every model that has a live build."""
        ...

    async def documents(self, model: str, tag: str, ids: Sequence[str]) -> Sequence[Kept | None]:
        """In the order of the ids; None for what is not there or was deleted."""
        ...

    async def listed(self, model: str, tag: str, name: str, *, below: int | None, limit: int) -> Sequence[ListEntry]:
        """The largest place first, below one or from the beginning. Of a list in which each place is taken once."""
        ...

    async def listed_by_id(self, model: str, tag: str, name: str, *, after: str, limit: int) -> Sequence[str]:
        """In the order of the ids, after one. Of a list in which all documents share one place."""
        ...

    async def count(self, model: str, tag: str, name: str) -> int: ...

    async def sums(self, model: str, tag: str, groups: Sequence[str]) -> Sequence[Mapping[str, int]]:
        """Of each group the parts of all partitions, added up."""
        ...

    def hints(self) -> AsyncIterator[Hint]:
        """For ever; raises `Unavailable` when the channel breaks."""
        ...


class SearchStore(Protocol):
    """The documents in Elasticsearch."""

    async def search(self, model: str, tag: str | None, question: Json) -> Json:
        """Without a tag the live build is asked by its alias."""
        ...
