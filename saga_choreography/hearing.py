"""What a participant makes of a Kafka record before it thinks: most of them are none of its business.

Only the headers tell whether a record is heard, so that nobody pays for decoding what he drops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eventing.cloudevents import Headers, NotOurs, recorded
from eventing.consuming import BEGINNING, Mark, Message, Partition
from eventing.envelope import Recorded
from eventing.errors import OrderloomError, Unreadable
from eventing.parking import Cause
from eventing.schema import declaration
from saga_choreography.deliberation import Decode
from saga_choreography.participant import Participant

TYPE = "ce_type"
POSITION = "ce_globalposition"


class Taken(NamedTuple):
    """A record that is beyond the mark of its partition."""

    message: Message
    position: int | None
    """Of an event that is heard. The mark's position follows nothing else: whatever a record that nobody looked into
    says of itself, it can't make anybody pass over what comes after it."""
    event_type: str | None = None
    recorded: Recorded | None = None
    event: object = None
    problem: Cause | None = None
    """Why it can't be handled, whatever is tried."""
    comes_again: bool = False
    """It would be heard, if it were not handled already."""

    @property
    def is_heard(self) -> bool:
        return self.recorded is not None or self.problem is not None


class Hearing:
    def __init__(self, participant: Participant, decode: Decode) -> None:
        self._heard = frozenset(name for cls in participant.hears if (name := _type(cls)))
        self._decode = decode

    def take(self, messages: Sequence[Message], marks: Mapping[Partition, Mark]) -> Sequence[Taken]:
        """Those that are beyond the marks, in order; of a relay that had to publish twice each event comes once."""
        reached = {partition: mark.position for partition, mark in marks.items()}
        found = []
        for message in messages:
            taken = self._taken(message, reached.get(message.partition, 0))
            found.append(taken)
            if taken.position is not None:
                reached[message.partition] = max(taken.position, reached.get(message.partition, 0))
        return found

    def again(self, message: Message) -> Taken:
        """One that was parked, wherever the mark is."""
        return self._taken(message, 0)

    def _taken(self, message: Message, reached: int) -> Taken:
        name, position = _header(message.headers, TYPE), _number(_header(message.headers, POSITION))
        if name is None or position is None:
            return Taken(message, None, name, problem=_unreadable(NotOurs()))
        if position <= reached or name not in self._heard:
            return Taken(message, None, name, comes_again=name in self._heard)
        try:
            event = recorded(message.headers, message.value)
            return Taken(message, position, name, event, self._decode(name, event.schema_version, event.body))
        except (NotOurs, Unreadable) as error:
            return Taken(message, None, name, problem=_unreadable(error))


def marks_after(marks: Mapping[Partition, Mark], batch: Sequence[Taken]) -> Mapping[Partition, Mark]:
    """Where the partitions of a batch are when all of it is done."""
    after: dict[Partition, Mark] = {}
    for taken in batch:
        partition = taken.message.partition
        before = after.get(partition) or marks.get(partition, BEGINNING)
        after[partition] = Mark(taken.message.offset + 1, max(before.position, taken.position or 0))
    return after


def _unreadable(error: OrderloomError) -> Cause:
    return Cause(error.code, str(error), 1)


def _type(cls: type) -> str | None:
    declared = declaration(cls)
    return declared.type if declared else None


def _header(headers: Headers, name: str) -> str | None:
    for found, value in headers:
        if found == name and value is not None:
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
