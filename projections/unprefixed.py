"""A consumer that speaks of topics without the prefix of an installation, as tokens, marks and read models do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from eventing.consuming import Mark, Message, Partition
from projections.consumer import Assigned, Consumer, Revoked

Open = Callable[[Sequence[str], Assigned, Revoked], Consumer]
"""Topics by their names in Kafka, and whom to ask when partitions come and go."""


class Unprefixed:
    def __init__(self, prefix: str, opened: Open, topics: Sequence[str], assigned: Assigned, revoked: Revoked) -> None:
        self._prefix = prefix
        self._known: dict[Partition, Partition] = {}
        self._consumer = opened(
            [prefix + topic for topic in topics],
            lambda found: {self._named(one): mark for one, mark in assigned(self._bare(found)).items()},
            lambda found: revoked(self._bare(found)),
        )

    def take(self, seconds: float, most: int) -> Sequence[Message]:
        found = self._consumer.take(seconds, most)
        if not self._prefix:
            return found
        known = self._known
        return [
            Message(known.get(partition) or self._know(partition), offset, key, value, headers)
            for partition, offset, key, value, headers in found
        ]

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._consumer.pause([self._named(one) for one in partitions])

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._consumer.resume([self._named(one) for one in partitions])

    def told(self, marks: Mapping[Partition, Mark]) -> None:
        self._consumer.told({self._named(one): mark for one, mark in marks.items()})

    def close(self) -> None:
        self._consumer.close()

    def _know(self, partition: Partition) -> Partition:
        bare = self._known[partition] = Partition(partition.topic.removeprefix(self._prefix), partition.number)
        return bare

    def _bare(self, partitions: Sequence[Partition]) -> Sequence[Partition]:
        return [self._know(one) for one in partitions]

    def _named(self, partition: Partition) -> Partition:
        return Partition(self._prefix + partition.topic, partition.number)
