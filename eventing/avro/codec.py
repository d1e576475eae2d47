"""Events to Avro bytes and back. What it gives is stored and sent as it is; nothing encodes an event twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from eventing.avro.decoder import compile_decoder
from eventing.avro.encoder import compile_encoder
from eventing.avro.lint import checked
from eventing.avro.witness import examine
from eventing.catalogue import Catalogue, EventType, schema_file
from eventing.codec import MAX_BODY
from eventing.errors import Misconfigured, Refusal, Unreadable
from eventing.schema import declaration

_NOT_WRITABLE = (AttributeError, TypeError, ValueError, LookupError, OverflowError)
_NOT_READABLE = (ValueError, LookupError)


class Encoded(NamedTuple):
    type: str
    schema_version: int
    body: bytes


class Codec:
    """For all types of a catalogue. Compiles when it is made, and lets fastavro examine what it compiled."""

    def __init__(self, catalogue: Catalogue, max_body: int = MAX_BODY) -> None:
        self.catalogue = catalogue
        self._max_body = max_body
        self._encoders = {kind.newest: _encoder(kind) for kind in catalogue}
        self._decoders = {
            (kind.name, version): self._decoder(kind, version) for kind in catalogue for version in kind.schemas
        }

    def _decoder(self, kind: EventType, version: int) -> Callable[[bytes], Any]:
        cls, schema = kind.reader(version), _schema(kind, version)
        read = compile_decoder(schema, cls)
        write = self._encoders[cls][2] if version == kind.version else None
        examine(schema_file(kind.name, version), kind.schemas[version], schema, read, write)
        return _upcast(kind, cls, read)

    def encode(self, event: object) -> Encoded:
        """Raises `Refusal` for an event that can't be written or is too long: it could never be published."""
        try:
            name, version, write = self._encoders[type(event)]
        except KeyError:
            raise Misconfigured(f"{type(event).__name__} is not the newest version of any event.") from None
        try:
            body = write(event)
        except _NOT_WRITABLE as error:
            raise Refusal(f"{name} can't be written: {error}.", code="unwritable_event", type=name) from error
        if len(body) > self._max_body:
            raise Refusal(
                f"{name} would take {len(body)} bytes, and an event may take {self._max_body}: say it in less.",
                code="event_too_large",
                type=name,
            )
        return Encoded(name, version, body)

    def decode(self, type_name: str, schema_version: int, body: bytes) -> Any:
        """The event in its newest version. Raises `Unreadable` for anything that is not one."""
        try:
            read = self._decoders[type_name, schema_version]
        except KeyError:
            raise Unreadable(
                f"This installation knows no {type_name} of version {schema_version}: bring it up to date.",
                type=type_name,
                schema_version=schema_version,
            ) from None
        if len(body) > self._max_body:
            raise Unreadable(f"{type_name} of {len(body)} bytes is longer than an event can be ({self._max_body}).")
        try:
            return read(body)
        except _NOT_READABLE as error:
            raise Unreadable(f"These bytes are no {type_name} of version {schema_version}: {error}.") from error


def _encoder(kind: EventType) -> tuple[str, int, Callable[[Any], bytes]]:
    return kind.name, kind.version, compile_encoder(_schema(kind, kind.version), kind.newest)


def _upcast(kind: EventType, cls: type, read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Passes what was read from upcaster to upcaster."""
    for older in kind.classes[kind.classes.index(cls) :]:
        declared = declaration(older)
        if declared is not None and declared.upcast is not None:
            read = _then(read, declared.upcast)
    return read


def _then(read: Callable[[bytes], Any], upcast: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    return lambda body: upcast(read(body))


def _schema(kind: EventType, version: int) -> Any:
    if version not in kind.schemas:
        raise Misconfigured(f"{schema_file(kind.name, version)} is missing: run `orders schemas generate`.")
    return checked(json.loads(kind.schemas[version]), schema_file(kind.name, version))
