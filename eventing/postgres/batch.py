"""Appends as the parameters of `append_events`, and its answer as the outcome of each append.

What one append contributes to each array is put into bytes as it comes in, while an earlier batch is being committed;
what is left for the moment of sending is one join a column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from eventing.append_rules import check
from eventing.codec import MAX_BODY, Codec
from eventing.errors import Conflict, Refusal
from eventing.event_store import Append, Appended, Idempotency, InlineWrite
from eventing.expectations import holds
from eventing.postgres.arrays import (
    ARRAY_OF,
    BOOL,
    BYTEA,
    INT4,
    JSONB,
    NULL,
    TEXT,
    UUID_OID,
    array,
    bytea,
    int4,
    ints,
    jsonb,
    text,
    timestamp,
    uuid,
)

# After the three counting ones: stream, id, type, schema version, correlation, causation, actor, traceparent, body.
_EVENT_COLUMNS: Final = (TEXT, UUID_OID, TEXT, INT4, UUID_OID, UUID_OID, TEXT, TEXT, BYTEA)
_KEYED: Final = (INT4, INT4, TEXT, TEXT, BYTEA, BYTEA)
_INLINE: Final = (INT4, TEXT, TEXT, JSONB)
_ELEMENTS: Final = (TEXT, INT4, INT4, INT4, INT4, INT4, INT4, *_EVENT_COLUMNS, *_KEYED, *_INLINE)
_YES: Final = b"\x01"
_NO: Final = b"\x00"

PARAMETER_TYPES: Final = (*(ARRAY_OF[element] for element in _ELEMENTS), BOOL)

_NO_INLINE: Final = tuple(array(element, 0, ()) for element in _INLINE)
_NO_KEYED: Final = tuple(array(element, 0, ()) for element in _KEYED)


class Write(NamedTuple):
    stream: str
    expected: int
    events: int


class Prepared:
    """One append, ready to be joined with others."""

    __slots__ = ("columns", "event_ids", "events", "idempotency", "inline", "size", "streams", "writes", "written")

    def __init__(self, append: Append, writes: tuple[Write, ...], columns: tuple[bytes, ...], ids: list[UUID]) -> None:
        self.writes = writes
        self.columns = columns
        self.event_ids = ids
        self.events = len(ids)
        self.idempotency: Idempotency | None = append.idempotency
        self.inline: Sequence[InlineWrite] = append.inline
        self.streams = [write.stream for write in writes]
        self.written = [write.stream for write in writes if write.events]
        self.size = len(columns[-1])

    def followed_by(self, other: Prepared) -> bool:
        """Takes in an append that goes on where this one ends, in the one stream that both write: what comes of several
        causes, each in circumstances of its own. False if it is none."""
        if not (self.written == other.written and len(self.written) == 1) or other.idempotency or other.inline:
            return False
        writes = {write.stream: write for write in self.writes}
        for stream, expected, events in other.writes:
            before = writes.get(stream)
            if before is not None and expected != before.expected + before.events:
                return False
            writes[stream] = Write(
                stream, before.expected if before else expected, events + (before.events if before else 0)
            )
        self.writes = tuple(writes.values())
        self.columns = tuple(map(bytes.__add__, self.columns, other.columns))
        self.event_ids = self.event_ids + other.event_ids
        self.events += other.events
        self.streams = list(writes)
        self.size = len(self.columns[-1])
        return True


class Stored(NamedTuple):
    """What tells that an event is stored."""

    event_id: UUID
    position: int
    version: int
    recorded_at: datetime


class Answer(NamedTuple):
    """What `append_events` said about a batch."""

    base: int
    recorded_at: datetime
    heads: tuple[int, ...]
    done: frozenset[int]
    refused: frozenset[int]


class Preparation:
    """Puts appends into bytes; keeps those of what recurs."""

    def __init__(self, codec: Codec) -> None:
        self._encode = codec.encode
        self._types: dict[tuple[str, int], tuple[bytes, bytes]] = {}

    def __call__(self, append: Append) -> Prepared:
        check(append)
        correlation_id, actor, causation_id, traceparent = append.circumstances
        streams, ids, types, versions, bodies = [], [], [], [], []
        event_ids: list[UUID] = []
        writes = []
        for stream, expected, events in append.writes:
            writes.append(Write(stream, expected, len(events)))
            if events:
                streams.append(text(stream) * len(events))
            for event_id, event in events:
                type_name, schema_version, body = self._encode(event)
                if len(body) > MAX_BODY:
                    raise Refusal(
                        f"{type_name} takes {len(body)} bytes, and an event may take {MAX_BODY}: say it in less.",
                        code="event_too_large",
                    )
                kind = self._types.get((type_name, schema_version)) or self._kind(type_name, schema_version)
                event_ids.append(event_id)
                ids.append(uuid(event_id))
                types.append(kind[0])
                versions.append(kind[1])
                bodies.append(bytea(body))
        n = len(event_ids)
        columns = (
            b"".join(streams),
            b"".join(ids),
            b"".join(types),
            b"".join(versions),
            uuid(correlation_id) * n,
            (NULL if causation_id is None else uuid(causation_id)) * n,
            text(actor) * n,
            (NULL if traceparent is None else text(traceparent)) * n,
            b"".join(bodies),
        )
        return Prepared(append, tuple(writes), columns, event_ids)

    def _kind(self, type_name: str, schema_version: int) -> tuple[bytes, bytes]:
        kind = self._types[type_name, schema_version] = text(type_name), int4(schema_version)
        return kind


def parameters(batch: Sequence[Prepared], *, all_or_nothing: bool = False) -> list[bytes]:
    """No two appends of a batch write one stream, and none checks one that another writes."""
    places: dict[str, int] = {}
    write_append, write_stream, write_expected = [], [], []
    event_append, event_head, event_offset = [], [], []
    for n, item in enumerate(batch, 1):
        ordinal = int4(n)
        for stream, expected, events in item.writes:
            place = int4(places.setdefault(stream, len(places) + 1))
            write_append.append(ordinal)
            write_stream.append(place)
            write_expected.append(int4(expected))
            for offset in range(1, events + 1):
                event_append.append(ordinal)
                event_head.append(place)
                event_offset.append(int4(offset))
    writes, events = len(write_append), len(event_append)
    columns = zip(*[item.columns for item in batch], strict=True)
    return [
        array(TEXT, len(places), map(text, places)),
        array(INT4, writes, write_append),
        array(INT4, writes, write_stream),
        array(INT4, writes, write_expected),
        array(INT4, events, event_append),
        array(INT4, events, event_head),
        array(INT4, events, event_offset),
        *(array(element, events, column) for element, column in zip(_EVENT_COLUMNS, columns, strict=True)),
        *_keyed(batch),
        *_inline(batch),
        _YES if all_or_nothing else _NO,
    ]


def _keyed(batch: Sequence[Prepared]) -> Sequence[bytes]:
    rows = []
    events = 0
    for n, item in enumerate(batch, 1):
        events += item.events
        if item.idempotency is not None:
            scope, key, fingerprint, answer = item.idempotency
            rows.append((int4(n), int4(events), text(scope), text(key), bytea(fingerprint), bytea(answer)))
    return _arrays(_KEYED, rows) if rows else _NO_KEYED


def _inline(batch: Sequence[Prepared]) -> Sequence[bytes]:
    rows = [
        (int4(n), text(write.function), text(write.key), jsonb(json.dumps(write.payload).encode()))
        for n, item in enumerate(batch, 1)
        for write in item.inline
    ]
    return _arrays(_INLINE, rows) if rows else _NO_INLINE


def _arrays(elements: Sequence[int], rows: Sequence[tuple[bytes, ...]]) -> Sequence[bytes]:
    columns = zip(*rows, strict=True)
    return [array(element, len(rows), column) for element, column in zip(elements, columns, strict=True)]


def answer_of(base: bytes, recorded_at: bytes, heads: bytes, done: bytes, refused: bytes) -> Answer:
    return Answer(
        int.from_bytes(base, "big"),
        timestamp(recorded_at),
        ints(heads),
        frozenset(ints(done)),
        frozenset(ints(refused)),
    )


def outcomes(batch: Sequence[Prepared], answer: Answer) -> list[Appended | Conflict | None]:
    """None where the append was done before under its idempotency key."""
    base, recorded_at, heads, done, refused = answer
    places: dict[str, int] = {}
    found: list[Appended | Conflict | None] = []
    position = base
    for n, item in enumerate(batch, 1):
        writes = [(write, heads[places.setdefault(write.stream, len(places))]) for write in item.writes]
        if n in done:
            found.append(None)
        elif n in refused:
            found.append(_conflict(writes))
        else:
            position += item.events
            versions = {write.stream: head + write.events for write, head in writes}
            found.append(Appended(position, versions, recorded_at))
    return found


def _conflict(writes: Sequence[tuple[Write, int]]) -> Conflict:
    stream, expected, actual = next((w.stream, w.expected, head) for w, head in writes if not holds(w.expected, head))
    return Conflict(stream, expected, actual)


def found(item: Prepared, stored: Mapping[UUID, Stored]) -> Appended | None:
    """The outcome of an append whose answer was lost, if it took effect. Streams that it only checked are left out."""
    if item.event_ids[:1] == [] or item.event_ids[0] not in stored:
        return None
    versions = {}
    last = 0
    for stream, _, events in item.writes:
        last += events
        if events:
            versions[stream] = stored[item.event_ids[last - 1]].version
    event = stored[item.event_ids[-1]]
    return Appended(event.position, versions, event.recorded_at)
