"""What operators see of parked events, and what they decide: by any consumer, in order within a key, and on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, LiteralString

from eventing.consuming import Message, Partition
from eventing.parking import Choice, Decision, Waiting
from eventing.postgres.marks import Execute

_LIST: Final = """
    SELECT id, consumer, topic, partition, kafka_offset, key, event_type, position, cause_code, cause, attempts,
           parked_at, tried_at, retry_asked_at
    FROM parked_chosen(%s, %s, %s, %s, %s) ORDER BY consumer, topic, partition, key, kafka_offset
"""
_REACHED: Final = """
    SELECT id, consumer, topic, partition, kafka_offset, key, event_type, position, cause_code, cause, attempts,
           parked_at, tried_at, retry_asked_at
    FROM parked_reached(%s, %s, %s, %s, %s) ORDER BY consumer, topic, partition, key, kafka_offset
"""
_RETRY: Final = """
    WITH asked AS (
        UPDATE parked_events SET retry_asked_at = clock_timestamp()
        WHERE id IN (SELECT id FROM parked_reached(%s, %s, %s, %s, %s)) RETURNING *)
    INSERT INTO parked_decisions
        (decision, actor, reason, consumer, topic, partition, kafka_offset, key, event_type, position, cause)
    SELECT 'retry', %s, %s, consumer, topic, partition, kafka_offset, key, event_type, position, cause
    FROM asked RETURNING id
"""
_DISCARD: Final = """
    WITH gone AS (
        DELETE FROM parked_events WHERE id IN (SELECT id FROM parked_chosen(%s, %s, %s, %s, %s)) RETURNING *)
    INSERT INTO parked_decisions
        (decision, actor, reason, consumer, topic, partition, kafka_offset, key, event_type, position, cause)
    SELECT 'discard', %s, %s, consumer, topic, partition, kafka_offset, key, event_type, position, cause
    FROM gone RETURNING id
"""
_MESSAGE: Final = """
    SELECT topic, partition, kafka_offset, key, value, header_names, header_values FROM parked_events WHERE id = %s
"""


class ParkedDesk:
    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def list(self, choice: Choice) -> Sequence[Waiting]:
        return [Waiting(*row) for row in self._execute(_LIST, choice)]

    def reached(self, choice: Choice) -> Sequence[Waiting]:
        """What a retry of these would try, in order: whatever stands before them under the same keys comes first."""
        return [Waiting(*row) for row in self._execute(_REACHED, choice)]

    def message(self, number: int) -> Message | None:
        rows = self._execute(_MESSAGE, (number,))
        if not rows:
            return None
        topic, partition, offset, key, value, names, values = rows[0]
        return Message(Partition(topic, partition), offset, key, value, list(zip(names, values, strict=True)))

    def retry(self, choice: Choice, decision: Decision) -> int:
        """Asks the consumers to try them again; how many will be tried."""
        return self._decide(_RETRY, choice, decision)

    def discard(self, choice: Choice, decision: Decision) -> int:
        """They are never handled; the decision is kept. How many there were."""
        return self._decide(_DISCARD, choice, decision)

    def _decide(self, statement: LiteralString, choice: Choice, decision: Decision) -> int:
        return len(self._execute(statement, (*choice, decision.actor, decision.reason)))
