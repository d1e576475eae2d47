"""What has to be true of every store, checked event by event. Fed in order, page by page; it keeps no page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from eventing.codec import Codec
from eventing.decider import Decider
from eventing.envelope import Recorded
from eventing.errors import OrderloomError
from eventing.snapshots import Snapshot, SnapshotFormat


class Finding(NamedTuple):
    """Something that is not as it has to be."""

    rule: str
    where: str
    sentence: str


class LogCheck:
    """Positions 1..m without a gap, a time that never falls, and bodies that can be read."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.position = 0
        self._time: datetime | None = None

    def feed(self, events: Iterable[Recorded]) -> Iterator[Finding]:
        for event in events:
            where = f"position {event.position}"
            if event.position != self.position + 1:
                yield Finding("positions", where, f"It follows {self.position}: positions have no gap.")
            if self._time is not None and event.recorded_at < self._time:
                yield Finding("time", where, f"{event.recorded_at} is before the time of the event before it.")
            yield from self._check_body(event, where)
            self.position, self._time = event.position, event.recorded_at

    def _check_body(self, event: Recorded, where: str) -> Iterator[Finding]:
        try:
            self._codec.decode(event.type, event.schema_version, event.body)
        except OrderloomError as error:
            yield Finding("bodies", where, str(error))


class StreamCheck:
    """Versions 1..n in each stream without a gap, in the order of their positions."""

    def __init__(self) -> None:
        self.stream = ""
        self.version = 0
        self.streams = 0
        self._position = 0

    def feed(self, rows: Iterable[tuple[str, int, int]]) -> Iterator[Finding]:
        for stream, version, position in rows:
            if stream != self.stream:
                self.stream, self.version, self._position = stream, 0, 0
                self.streams += 1
            where = f"{stream} version {version}"
            if version != self.version + 1:
                yield Finding("versions", where, f"It follows version {self.version}: versions have no gap.")
            if position <= self._position:
                yield Finding("versions", where, f"Its position {position} is before that of the version before it.")
            self.version, self._position = version, position


def check_snapshot(
    snapshot: Snapshot, state_format: SnapshotFormat[Any], decider: Decider[Any, Any, Any], events: Iterable[object]
) -> Iterator[Finding]:
    """`events` are those of the stream up to the snapshot's version."""
    where = f"snapshot of {snapshot.stream} at version {snapshot.version}"
    history = list(events)
    if len(history) != snapshot.version:
        yield Finding("snapshots", where, f"Its stream has {len(history)} events up to there: throw the snapshot away.")
        return
    try:
        kept = state_format.load(snapshot.state)
    except (OrderloomError, ValueError, LookupError) as error:
        yield Finding("snapshots", where, f"It can't be read ({error}): throw the snapshot away.")
        return
    if kept != decider.fold(history):
        yield Finding("snapshots", where, "It differs from the fold of its stream: throw the snapshot away.")
