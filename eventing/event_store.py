"""The event store as its users see it. Two implementations keep this contract: Postgres and memory.

Promises:
- versions of a stream are 1..n and positions of the log 1..m, both without a gap, positions in commit order;
  so whoever reads `position > last` sees every committed event exactly once, each stream in version order
- an append is atomic: all of its streams, its idempotency record and its inline writes, or nothing
- a conflict or a bad row is the answer to one append and never touches another that was committed beside it
- `recorded_at` is the database's clock and never falls from one position to the next
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from eventing.envelope import Circumstances, NewEvent, Recorded

NO_STREAM: Final = 0
STREAM_EXISTS: Final = -1
ANY_VERSION: Final = -2


class StreamWrite(NamedTuple):
    """Events for one stream, if it is at `expected`. Without events it only asks that the stream be there still."""

    stream: str
    expected: int
    events: Sequence[NewEvent] = ()


class Idempotency(NamedTuple):
    """Makes an append happen once: the first one under this key stores its answer, every later one is given it."""

    scope: str
    """Who asked for which operation: a key of one caller never meets the key of another."""
    key: str
    fingerprint: bytes
    """A digest of the request. The same key with another fingerprint is a mistake of the caller."""
    answer: bytes
    """What the caller is told, ready to be told again."""


class InlineWrite(NamedTuple):
    """A strongly consistent row kept in the append's own transaction, by a database function named here.

    The function lives in the database's schema `inline_write` and gets `payload` as jsonb. It runs before the log is
    locked, so that row locks always come first and the lock of the log last: the other way round two appends could wait
    for each other. It refuses by `RAISE EXCEPTION '…' USING ERRCODE = 'OL001', DETAIL = '<stable code>'`.
    """

    function: str
    payload: Mapping[str, Any]
    key: str = ""
    """The row that it touches. Inline writes run in the order of function and key, so that no two wait crosswise."""


@dataclass(frozen=True, slots=True)
class Append:
    writes: Sequence[StreamWrite]
    circumstances: Circumstances
    idempotency: Idempotency | None = None
    inline: Sequence[InlineWrite] = field(default=())


class Appended(NamedTuple):
    """The answer to an append that took effect."""

    position: int
    """The last position written; the log's head where the append held no event."""
    versions: Mapping[str, int]
    """The version of each stream written or checked, after the append."""
    recorded_at: datetime


class AlreadyDone(NamedTuple):
    """The answer to an append whose idempotency key was used before; nothing was written now."""

    position: int
    fingerprint: bytes
    answer: bytes
    recorded_at: datetime


class EventStore(Protocol):
    async def append(self, append: Append) -> Appended | AlreadyDone:
        """Raises `Conflict` (stream, expected, actual) or `Refusal`; after any of them nothing is stored."""
        ...

    async def recall(self, scope: str, key: str) -> AlreadyDone | None:
        """What was answered under this idempotency key, if that is still kept."""
        ...

    async def read(
        self,
        stream: str,
        *,
        from_version: int = 1,
        to_version: int | None = None,
        to_time: datetime | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Sequence[Recorded]: ...

    async def read_many(self, streams: Sequence[str], *, newest: int | None = None) -> Mapping[str, Sequence[Recorded]]:
        """Whole streams in one round trip, or the newest events of each; one without events is an empty sequence."""
        ...

    async def read_event(self, event_id: UUID) -> Recorded | None: ...

    async def read_correlated(self, correlation_id: UUID, *, limit: int = 1000) -> Sequence[Recorded]:
        """All events of one conversation, in the log's order."""
        ...

    async def read_log(self, after: int, *, limit: int = 1000) -> Sequence[Recorded]:
        """The log in order, from the position after `after`."""
        ...

    def follow(self, after: int, *, limit: int = 1000) -> AsyncIterator[Sequence[Recorded]]:
        """The log from after a position, batch by batch, for ever: at its end it waits for more."""
        ...

    async def head(self) -> int:
        """The last position of the log; 0 when it is empty."""
        ...
