"""History as Kafka has it: each partition from a mark to the end that was noted. No group, and nothing is committed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaException, TopicPartition

from eventing.catalogue import Catalogue
from eventing.cloudevents import NotOurs
from eventing.consuming import BEGINNING, Mark, Message, Partition
from eventing.errors import Misconfigured, Unavailable
from eventing.parking import ParkedKey
from eventing.postgres.database import Database
from projections.hearing import Decode, Ear
from projections.read_model import ReadModel
from projections.replay_ports import Broken, Ends, Line, Stretch
from projections.stores.whole_heads import WholeHeads

AT_ONCE: Final = 20_000
PATIENCE: Final = 10.0
_CUT_OFF: Final = frozenset({"_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE"})
_PUBLISHED: Final = "SELECT coalesce(max(checkpoint), 0) FROM relay_status"
_COUNT: Final = "SELECT count(*) FROM events WHERE position <= %s AND type = ANY(%s::text[])"
TRIES: Final = 20
PAUSE: Final = 0.1
_NO_GROUP: Final = "orderloom-replay"
"""The client wants a name; partitions are assigned by hand and no offset is ever committed under it."""


class KafkaHistory:
    def __init__(
        self,
        model: ReadModel,
        connection: Mapping[str, str],
        prefix: str,
        database: Database,
        heads: WholeHeads,
        catalogue: Catalogue,
        decode: Decode,
    ) -> None:
        self._model = model
        self._connection = connection
        self._prefix = prefix
        self._database = database
        self._heads = heads
        self._ear = Ear(model, decode)
        self._types = sorted(kind.name for kind in catalogue if kind.topic in model.topics)

    def ends(self) -> Ends:
        """The position first: everything up to it was published before the offsets are asked. Topics that hold less
        than that were made anew or cut off, or their broker does not know them well: what is folded of them would be
        taken for whole."""
        position = int(self._database.query(_PUBLISHED)[0][0])
        published = int(self._database.query(_COUNT, (position, self._types))[0][0])
        offsets = self._heads.read(self._model.topics)
        for _ in range(TRIES):
            if sum(offsets.values()) >= published:
                return Ends(offsets, position)
            time.sleep(PAUSE)
            offsets = self._heads.read(self._model.topics)
        raise Misconfigured(
            f"The topics of {self._model.name} hold {sum(offsets.values())} events, and {published} were published: "
            "rebuild it from the store, without --from-kafka."
        )

    def length(self, begin: Mapping[Partition, Mark], ends: Ends) -> int:
        return sum(max(0, end - begin.get(one, BEGINNING).offset) for one, end in ends.offsets.items())

    def read(self, begin: Mapping[Partition, Mark], ends: Ends) -> Iterator[Stretch]:
        marks = {one: begin.get(one, BEGINNING) for one in ends.offsets}
        open_ones = {one for one, end in ends.offsets.items() if marks[one].offset < end}
        with closing(self._client(marks, open_ones)) as client:
            while open_ones:
                lines, passed, broken = self._stretch(self._take(client), ends, marks)
                open_ones = {one for one in open_ones if marks[one].offset < ends.offsets[one]}
                yield Stretch(lines, dict(marks), passed, broken)
        # What was read to its end holds all that had been published, however long ago its last event was.
        final = {one: Mark(mark.offset, max(mark.position, ends.position)) for one, mark in marks.items()}
        if final != begin:
            yield Stretch((), final, 0)

    def close(self) -> None:
        self._database.close()

    def _client(self, marks: Mapping[Partition, Mark], open_ones: set[Partition]) -> Any:
        client = Client(
            {
                **self._connection,
                "group.id": _NO_GROUP,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "allow.auto.create.topics": False,
                "queued.max.messages.kbytes": 32_768,
                "log_level": 0,
            }
        )
        client.assign(
            [TopicPartition(self._prefix + topic, n, marks[Partition(topic, n)].offset) for topic, n in open_ones]
        )
        return client

    def _take(self, client: Any) -> Sequence[Any]:
        try:
            first = client.poll(PATIENCE)
            if first is None:
                raise Unavailable(
                    "Kafka gives nothing of what lies before the noted end; run it again, it goes on there."
                )
            return [first, *client.consume(AT_ONCE - 1, 0.2)]
        except KafkaException as error:
            raise Unavailable(f"Kafka: {error.args[0].str()}.") from error

    def _stretch(
        self, raws: Sequence[Any], ends: Ends, marks: dict[Partition, Mark]
    ) -> tuple[Sequence[Line], int, Sequence[Broken]]:
        lines: list[Line] = []
        broken: list[Broken] = []
        passed = 0
        for raw in raws:
            if (error := raw.error()) is not None:
                raise _explained(error, raw.topic())
            partition = Partition(raw.topic().removeprefix(self._prefix), raw.partition())
            mark, offset = marks[partition], raw.offset()
            if offset >= ends.offsets[partition]:
                continue
            passed += 1
            position = self._hear(raw, partition, mark, lines, broken)
            marks[partition] = Mark(offset + 1, max(mark.position, position))
        return lines, passed, broken

    def _hear(self, raw: Any, partition: Partition, mark: Mark, lines: list[Line], broken: list[Broken]) -> int:
        key = (raw.key() or b"").decode("utf-8", "replace")
        taken = self._ear.take(Message(partition, raw.offset(), key, raw.value() or b"", raw.headers() or []))
        if taken.position is None or (taken.cause is not None and taken.cause.code == NotOurs.code):
            return 0  # no event of the log: nothing can be folded of it
        if taken.position > mark.position:
            if taken.cause is not None:
                broken.append(Broken(ParkedKey(partition, key), taken.position, taken.cause))
            elif taken.heard is not None:
                lines.append((taken.families, taken.heard, partition))
        return taken.position


def _explained(error: Any, topic: str) -> Misconfigured | Unavailable:
    if error.name() in _CUT_OFF:
        return Misconfigured(f"The topic {topic} no longer holds its beginning: rebuild without --from-kafka.")
    return Unavailable(f"Kafka: {error.str()}.")
