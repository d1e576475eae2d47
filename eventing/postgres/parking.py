"""Parked events in Postgres, for the consumer that parks and tries them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eventing.consuming import Message, Partition
from eventing.parking import Cause, Parked, ParkedKey
from eventing.postgres.marks import Execute

_KEYS: Final = "SELECT DISTINCT topic, partition, key FROM parked_among(%s, %s, %s)"
# A message that comes again after a crash is parked already.
_PARK: Final = """
    INSERT INTO parked_events (consumer, topic, partition, kafka_offset, key, event_type, position,
                               value, header_names, header_values, cause_code, cause, attempts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (consumer, topic, partition, kafka_offset) DO NOTHING
"""
_TO_RETRY: Final = """
    SELECT id, topic, partition, kafka_offset, key, value, header_names, header_values, attempts
    FROM (SELECT DISTINCT ON (topic, partition, key) * FROM parked_among(%s, %s, %s)
          ORDER BY topic, partition, key, kafka_offset) AS first
    WHERE retry_asked_at IS NOT NULL ORDER BY retry_asked_at, id
"""
_SETTLED: Final = "DELETE FROM parked_events WHERE id = %s AND retry_asked_at IS NOT NULL RETURNING id"
_FAILED_AGAIN: Final = """
    WITH tried AS (
        UPDATE parked_events SET cause_code = %s, cause = %s, attempts = attempts + %s, tried_at = clock_timestamp()
        WHERE id = %s RETURNING consumer, topic, partition, key)
    UPDATE parked_events waiting SET retry_asked_at = NULL FROM tried
    WHERE (waiting.consumer, waiting.topic, waiting.partition, waiting.key)
        = (tried.consumer, tried.topic, tried.partition, tried.key) AND waiting.id <> %s
"""
_ASK_NO_MORE: Final = "UPDATE parked_events SET retry_asked_at = NULL WHERE id = %s"


class PostgresParking:
    """`execute` runs statements in the transaction of whoever moves the mark."""

    def __init__(self, execute: Execute, consumer: str) -> None:
        self._execute = execute
        self._consumer = consumer

    def keys(self, partitions: Sequence[Partition]) -> frozenset[ParkedKey]:
        rows = self._execute(_KEYS, self._among(partitions))
        return frozenset(ParkedKey(Partition(topic, number), key) for topic, number, key in rows)

    def park(self, message: Message, cause: Cause, *, event_type: str | None, position: int | None) -> None:
        names = [str(name) for name, _ in message.headers]
        values = [value.encode() if isinstance(value, str) else value for _, value in message.headers]
        place = (*message.partition, message.offset, message.key, event_type, position)
        self._execute(_PARK, (self._consumer, *place, message.value, names, values, *cause))

    def to_retry(self, partitions: Sequence[Partition]) -> Sequence[Parked]:
        return [
            Parked(
                number,
                Message(Partition(topic, partition), offset, key, value, list(zip(names, values, strict=True))),
                attempts,
            )
            for number, topic, partition, offset, key, value, names, values, attempts in self._execute(
                _TO_RETRY, self._among(partitions)
            )
        ]

    def settled(self, parked: Parked) -> bool:
        return bool(self._execute(_SETTLED, (parked.id,)))

    def failed_again(self, parked: Parked, cause: Cause) -> None:
        self._execute(_FAILED_AGAIN, (cause.code, cause.sentence, cause.attempts, parked.id, parked.id))
        self._execute(_ASK_NO_MORE, (parked.id,))

    def _among(self, partitions: Sequence[Partition]) -> tuple[str, list[str], list[int]]:
        return (
            self._consumer,
            [partition.topic for partition in partitions],
            [partition.number for partition in partitions],
        )
