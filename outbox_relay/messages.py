"""Rows of the log as Kafka messages. The body stays as it is; a frame goes before it and headers around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eventing.cloudevents import Headers, constant_headers, event_headers, frame
from eventing.partitioning import partition_of
from eventing.streams import key_of
from outbox_relay.ports import Destination, Outgoing, Row


class Stamp(NamedTuple):
    """What all events of one type and version have in common."""

    topic: str
    frame: bytes
    headers: Headers


class Franking:
    def __init__(self, destinations: Mapping[tuple[str, int], Destination], *, partitions: int, epoch: int) -> None:
        self._partitions = partitions
        self._stamps = {
            (kind, version): Stamp(to.topic, frame(to.schema_id), constant_headers(kind, version, epoch))
            for (kind, version), to in destinations.items()
        }

    @property
    def topics(self) -> Sequence[str]:
        return sorted({stamp.topic for stamp in self._stamps.values()})

    def sendable(self, rows: Sequence[Row]) -> int:
        """How many of them, from the first on, have a destination."""
        known = self._stamps.keys()
        if {(row[4], row[5]) for row in rows} <= known:
            return len(rows)
        return next(number for number, row in enumerate(rows) if (row[4], row[5]) not in known)

    def messages(self, rows: Iterable[Row]) -> Iterator[Outgoing]:
        """One by one, so that what a message is made of lives no longer than the sending takes."""
        stamps, partitions = self._stamps, self._partitions
        for position, stream, version, event_id, kind, schema, correlation, causation, actor, trace, at, body in rows:
            topic, prefix, constant = stamps[kind, schema]
            key = key_of(stream)
            headers = event_headers(
                constant, event_id, stream, version, position, at, correlation, causation, actor, trace
            )
            yield topic, prefix + body, key, partition_of(key, partitions), headers
