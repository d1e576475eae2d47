"""How long the topics are, of all of their partitions or of none.

A key's partition is computed from how many there are: believing a broker that tells of a part of them would put sums
where nobody looks for them, and would take a build for whole that lacks a partition.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from eventing.consuming import Partition
from eventing.errors import Misconfigured
from eventing.kafka.heads import Heads

TRIES: Final = 20
PAUSE: Final = 0.1
"""Seconds: a broker hears of a new topic bit by bit."""


class WholeHeads:
    def __init__(self, heads: Heads, partitions: int) -> None:
        self._heads = heads
        self._partitions = partitions

    def read(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        wanted = {Partition(topic, number) for topic in topics for number in range(self._partitions)}
        found: Mapping[Partition, int] = {}
        for _ in range(TRIES):
            found = self._heads.read(topics)
            if found.keys() == wanted:
                return found
            time.sleep(PAUSE)
        topic, count = next(
            (topic, count)
            for topic in topics
            if (count := sum(1 for one in found if one.topic == topic)) != self._partitions
        )
        raise Misconfigured(
            f"Kafka tells of {count} partitions of {topic}, and ORDERS_KAFKA__PARTITIONS is {self._partitions}: "
            "set it to what the topics were made with, or make the topics (`orders topics create`)."
        )
