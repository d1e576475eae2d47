"""Messages as a model hears them. What it does not hear is passed by undecoded: only its position is read.

This is done for each event of the log by each model, so the headers are read as they lie there, and not made into a
whole record of which no fold needs the half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from eventing.cloudevents import FRAME_LENGTH, NotOurs
from eventing.consuming import Message
from eventing.errors import OrderloomError, Unreadable
from eventing.parking import Cause
from projections.read_model import Family, Heard, ReadModel, normal_at

Decode = Callable[[str, int, bytes], Any]
"""Type, schema version and body → the event in its newest version. Raises `Unreadable`."""


class Taken(NamedTuple):
    """A message, with what could be made of it."""

    message: Message
    type: str | None
    position: int | None
    """None where it is no message of ours."""
    families: Sequence[Family] = ()
    """Those that hear it; none means that nothing has to be done about it."""
    heard: Heard | None = None
    cause: Cause | None = None
    """Why it can't be handled."""


class Ear:
    """Of one model."""

    def __init__(self, model: ReadModel, decode: Decode) -> None:
        self._decode = decode
        self._listeners = {name.encode(): (name, families) for name, families in model.heard_by.items()}
        self._versions: dict[bytes, int] = {}

    def take(self, message: Message) -> Taken:
        name: str | None = None
        position: int | None = None
        try:
            headers: Mapping[str, Any] = dict(message.headers)
            position = int(headers["ce_globalposition"])
            listener = self._listeners.get(headers["ce_type"])
            if listener is None:
                return Taken(message, None, position)
            name, families = listener
            return Taken(message, name, position, families, self._heard(name, message.value, headers, position))
        except OrderloomError as error:
            return Taken(message, name, position, cause=Cause(error.code, str(error)))
        except (KeyError, ValueError, TypeError, AttributeError):
            return Taken(message, name, position, cause=Cause(NotOurs.code, str(NotOurs())))

    def _heard(self, name: str, value: bytes, headers: Mapping[str, Any], position: int) -> Heard:
        if len(value) < FRAME_LENGTH or value[0]:
            raise Unreadable(f"The value at position {position} does not begin as Confluent's clients frame Avro.")
        event = self._decode(name, self._version(headers["ce_dataschema"]), value[FRAME_LENGTH:])
        return Heard(
            event,
            headers["ce_subject"].decode(),
            int(headers["ce_aggregateversion"]),
            position,
            normal_at(headers["ce_time"].decode()),
        )

    def _version(self, schema: bytes) -> int:
        """`urn:orderloom:order.placed:2` → 2; there are few of them, and all come again and again."""
        found = self._versions.get(schema)
        if found is None:
            found = self._versions[schema] = int(schema.rpartition(b":")[2])
        return found
