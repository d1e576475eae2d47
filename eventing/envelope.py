"""An event and its circumstances: before it is stored, as it is stored, and as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from eventing.streams import key_of

E = TypeVar("E")


class Circumstances(NamedTuple):
    """Who caused it and in which conversation: the same for all events of one command."""

    correlation_id: UUID
    actor: str
    causation_id: UUID | None = None
    traceparent: str | None = None


class NewEvent(NamedTuple):
    """An event that is about to be appended. Its id is made by whoever decides, so that a repeat has the same id."""

    event_id: UUID
    event: object


class Recorded(NamedTuple):
    """A stored event exactly as it is stored: its body is the Avro bytes, which nobody had to decode."""

    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    correlation_id: UUID
    causation_id: UUID | None
    actor: str
    traceparent: str | None
    recorded_at: datetime
    body: bytes

    @property
    def key(self) -> str:
        return key_of(self.stream)


@dataclass(frozen=True, slots=True)
class Envelope(Generic[E]):
    """A decoded event with the record it came from. `event` is of the newest version, upcast if it was older."""

    event: E
    recorded: Recorded
