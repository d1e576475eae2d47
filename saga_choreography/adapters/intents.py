"""Open intents in Postgres: opened and closed with the events, claimed by whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from eventing.postgres.database import Database
from eventing.postgres.marks import Execute
from saga_choreography.ports import Claimed, OpenIntent, Postponed

# One that is there already belongs to the same event: a transaction whose answer was lost is carried out again.
_OPEN: Final = """
    INSERT INTO open_intents (intent_id, participant, order_id, type)
    SELECT asked.id, %s, asked.order_id, asked.type
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS asked (id, order_id, type)
    ON CONFLICT (intent_id) DO NOTHING
"""
_CLOSE: Final = "DELETE FROM open_intents WHERE intent_id = ANY (%s::uuid[])"
_CLAIM: Final = """
    UPDATE open_intents intent SET lease_owner = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT intent_id FROM open_intents
          WHERE participant = %s AND rejected_at IS NULL AND next_attempt_at <= clock_timestamp()
            AND (lease_until IS NULL OR lease_until <= clock_timestamp())
          ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due
    WHERE intent.intent_id = due.intent_id
    RETURNING intent.intent_id, intent.order_id, intent.attempts
"""
_POSTPONE: Final = """
    UPDATE open_intents intent
    SET attempts = attempts + asked.attempt, trouble = asked.trouble, lease_owner = NULL, lease_until = NULL,
        next_attempt_at = clock_timestamp() + make_interval(secs => asked.seconds)
    FROM unnest(%s::uuid[], %s::text[], %s::float8[], %s::integer[]) AS asked (id, trouble, seconds, attempt)
    WHERE intent.intent_id = asked.id AND intent.lease_owner = %s
"""
_REJECT: Final = """
    UPDATE open_intents
    SET attempts = attempts + 1, trouble = %s, rejected_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
    WHERE intent_id = %s
"""
_RELEASE: Final = """
    UPDATE open_intents SET lease_owner = NULL, lease_until = NULL
    WHERE intent_id = ANY (%s::uuid[]) AND lease_owner = %s
"""
_STANDING: Final = """
    SELECT count(*), count(rejected_at), coalesce(extract(epoch FROM clock_timestamp() - min(opened_at)), 0)::float8
    FROM open_intents WHERE participant = %s
"""


def open_intents(execute: Execute, participant: str, opened: Sequence[OpenIntent]) -> None:
    if opened:
        ids, orders, types = zip(*opened, strict=True)
        execute(_OPEN, (participant, list(ids), list(orders), list(types)))


def close_intents(execute: Execute, closed: Sequence[UUID]) -> None:
    if closed:
        execute(_CLOSE, (list(closed),))


class PostgresIntentDesk:
    def __init__(self, database: Database, participant: str, owner: str, lease: float) -> None:
        self._query = database.query
        self._participant = participant
        self._owner = owner
        self._lease = lease

    def claim(self, most: int) -> Sequence[Claimed]:
        rows = self._query(_CLAIM, (self._owner, self._lease, self._participant, most))
        return [Claimed(*row) for row in rows]

    def postpone(self, postponed: Sequence[Postponed]) -> None:
        if postponed:
            ids, troubles, seconds, asked = zip(*postponed, strict=True)
            attempts = [int(each) for each in asked]
            self._query(_POSTPONE, (list(ids), list(troubles), list(seconds), attempts, self._owner))

    def reject(self, intent_id: UUID, trouble: str) -> None:
        self._query(_REJECT, (trouble, intent_id))

    def release(self, intents: Sequence[UUID]) -> None:
        if intents:
            self._query(_RELEASE, (list(intents), self._owner))

    def standing(self) -> tuple[int, int, float]:
        ((opened, rejected, oldest),) = self._query(_STANDING, (self._participant,))
        return opened, rejected, oldest
