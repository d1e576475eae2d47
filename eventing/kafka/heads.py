"""How long topics are: the offset that the next message of each partition will have. One question for all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from eventing.consuming import Partition
from eventing.errors import Unavailable

TIMEOUT: Final = 5.0
HEARSAY: Final = 0.05
"""Seconds until it is asked again who leads a partition."""

_ELECTIONS: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    }
)
"""A partition was just made or has another leader now, and not everybody has heard. The client does not ask again."""


class Heads:
    def __init__(self, connection: Mapping[str, str], prefix: str = "") -> None:
        self._admin = AdminClient({**connection, "log_level": 0})
        self._prefix = prefix

    def read(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """By topics without the prefix; one that is not there has no partitions."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return self._ask(topics)
            except KafkaException as error:
                if error.args[0].code() not in _ELECTIONS or time.monotonic() >= end:
                    raise Unavailable(f"Kafka: {error.args[0].str()}.") from error
            time.sleep(HEARSAY)

    def _ask(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        known = self._admin.list_topics(timeout=TIMEOUT).topics
        wanted = [
            TopicPartition(self._prefix + topic, number)
            for topic in topics
            if self._prefix + topic in known
            for number in known[self._prefix + topic].partitions
        ]
        if not wanted:
            return {}
        newest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = self._admin.list_offsets(dict.fromkeys(wanted, newest), request_timeout=TIMEOUT)
        return {
            Partition(one.topic.removeprefix(self._prefix), one.partition): future.result(TIMEOUT).offset
            for one, future in asked.items()
        }
