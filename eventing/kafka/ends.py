"""Where topics end now: how a reader that consumes nothing knows whether others have read everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.cimpl import TopicPartition

from eventing.errors import Unavailable
from eventing.settings import KafkaSettings

TIMEOUT: Final = 5.0


class TopicEnds:
    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        self._admin = AdminClient({**settings.connection(), "log_level": 0})
        self._prefix = settings.topic_prefix
        self._partitions = [
            TopicPartition(settings.topic_prefix + topic, number)
            for topic in topics
            for number in range(settings.partitions)
        ]

    def read(self) -> Mapping[tuple[str, int], int]:
        """Topic without its prefix and partition → the next offset. One that is not there yet ends at 0."""
        asked = self._admin.list_offsets(
            {place: OffsetSpec.latest() for place in self._partitions}, request_timeout=TIMEOUT
        )
        found = {}
        for place, answer in asked.items():
            try:
                end = answer.result(TIMEOUT + 1).offset
            except KafkaException as error:
                if not error.args[0].name() == "UNKNOWN_TOPIC_OR_PART":
                    raise Unavailable("Kafka does not say where its topics end.") from None
                end = 0
            except TimeoutError:
                raise Unavailable("Kafka does not say where its topics end.") from None
            found[place.topic.removeprefix(self._prefix), place.partition] = end
        return found
