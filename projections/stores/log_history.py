"""History as the event store has it: the quickest way, and the whole truth even where Kafka's topics were cut off.

The log is read in ranges of positions; positions have no gaps, so a range misses nothing. Only what the model hears
leaves the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from eventing.consuming import BEGINNING, Mark, Partition
from eventing.errors import OrderloomError
from eventing.parking import Cause, ParkedKey
from eventing.partitioning import partition_of
from eventing.postgres.database import Database
from eventing.streams import key_of
from projections.hearing import Decode
from projections.read_model import Heard, ReadModel, at_text
from projections.replay_ports import Broken, Ends, Line, Stretch
from projections.stores.whole_heads import WholeHeads

RANGE: Final = 20_000
"""Positions a stretch."""

_HEAD: Final = "SELECT coalesce(max(position), 0) FROM events"
_READ: Final = """
    SELECT type, schema_version, body, stream, version, position, recorded_at FROM events
    WHERE position > %s AND position <= %s AND type = ANY(%s::text[]) ORDER BY position
"""


class LogHistory:
    def __init__(
        self, model: ReadModel, database: Database, heads: WholeHeads, decode: Decode, *, stretch: int = RANGE
    ) -> None:
        self._model = model
        self._database = database
        self._heads = heads
        self._decode = decode
        self._range = stretch
        self._types = sorted(model.heard_by)

    def ends(self) -> Ends:
        """Offsets first: whatever lies before them is in the log up to the position that is read afterwards."""
        offsets = self._heads.read(self._model.topics)
        return Ends(offsets, int(self._database.query(_HEAD)[0][0]))

    def length(self, begin: Mapping[Partition, Mark], ends: Ends) -> int:
        return max(0, ends.position - _after(begin, ends))

    def read(self, begin: Mapping[Partition, Mark], ends: Ends) -> Iterator[Stretch]:
        after = _after(begin, ends)
        if after >= ends.position:
            return
        counts: dict[str, int] = {}
        for partition in ends.offsets:
            counts[partition.topic] = counts.get(partition.topic, 0) + 1
        while after < ends.position:
            until = min(after + self._range, ends.position)
            rows = self._database.query(_READ, (after, until, self._types))
            broken: list[Broken] = []
            lines = [line for row in rows if (line := self._line(row, counts, broken)) is not None]
            yield Stretch(lines, _marks(begin, ends, until), until - after, broken)
            after = until

    def close(self) -> None:
        self._database.close()

    def _line(self, row: tuple[Any, ...], counts: Mapping[str, int], broken: list[Broken]) -> Line | None:
        name, schema_version, body, stream, version, position, at = row
        families = self._model.heard_by[name]
        topic, key = families[0].topic, key_of(stream)
        partition = Partition(topic, partition_of(key, counts[topic]))
        try:
            event = self._decode(name, schema_version, body)
        except OrderloomError as error:
            broken.append(Broken(ParkedKey(partition, key), position, Cause(error.code, str(error))))
            return None
        return families, Heard(event, stream, version, position, at_text(at)), partition


def _after(begin: Mapping[Partition, Mark], ends: Ends) -> int:
    return min((begin.get(partition, BEGINNING).position for partition in ends.offsets), default=0)


def _marks(begin: Mapping[Partition, Mark], ends: Ends, until: int) -> Mapping[Partition, Mark]:
    """On the way the offsets of before still hold; at the end, those that were noted before the position."""
    found = {}
    for partition, end in ends.offsets.items():
        before = begin.get(partition, BEGINNING)
        if until == ends.position:
            found[partition] = Mark(max(end, before.offset), until)
        elif before.position < until:
            found[partition] = Mark(before.offset, until)
    return found
