"""What `orders saga` asks the database: where an order stands, and which ones stand still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final, NamedTuple

from eventing.envelope import Recorded
from eventing.errors import Refusal
from eventing.postgres.batch import Preparation
from eventing.postgres.database import Database
from eventing.schema import declaration
from eventing.streams import stream_name
from operations.event_store import make_codec, postgres_url
from saga_choreography.adapters.transactions import PostgresTransactions
from saga_choreography.participant import Participant
from saga_choreography.wiring import PARTICIPANTS

PATIENCE: Final = 10.0
WHO: Final = "orders saga"
ENDS: Final = frozenset({"order.confirmed", "order.failed", "order.cancelled"})
_BACK: Final = frozenset({"order.cancellation_requested", "order.timed_out", "order.compensation_forced"})

_OWED: Final = """
    SELECT participant, type, opened_at, attempts, next_attempt_at, lease_until > clock_timestamp(), trouble,
           rejected_at
    FROM open_intents WHERE order_id = %s ORDER BY opened_at
"""
_DEADLINES: Final = """
    SELECT step, nullif(due_at, 'infinity'), fired_at, due_at < clock_timestamp()
    FROM order_deadlines WHERE order_id = %s ORDER BY begun_at, step
"""
_PARKED: Final = """
    SELECT consumer, event_type, cause_code, cause, attempts, parked_at FROM parked_events
    WHERE key = %s ORDER BY topic, partition, kafka_offset
"""
_STUCK: Final = """
    SELECT order_id, sum_of.what, min(since) FROM (
        SELECT order_id, format('%%s should have ended by %%s, and nobody has sent it back: does a watchdog run?',
                                step, to_char(due_at, 'HH24:MI:SS')) AS what, due_at AS since
        FROM order_deadlines WHERE due_at < clock_timestamp() - make_interval(secs => %s)
        UNION ALL
        SELECT order_id, format('was sent back when %%s took too long, and has not ended yet', step), fired_at
        FROM order_deadlines WHERE fired_at < clock_timestamp() - make_interval(secs => %s)
        UNION ALL
        SELECT order_id, format('%%s was refused as a question: %%s', type, trouble), rejected_at
        FROM open_intents WHERE rejected_at IS NOT NULL
        UNION ALL
        SELECT order_id, format('%%s has no answer after %%s attempts: %%s', type, attempts,
                                coalesce(trouble, 'not asked yet')), opened_at
        FROM open_intents WHERE rejected_at IS NULL AND opened_at < clock_timestamp() - make_interval(secs => %s)
        UNION ALL
        SELECT key, format('%%s could not handle %%s: %%s', consumer, coalesce(event_type, 'a record'), cause),
               parked_at
        FROM parked_events WHERE cause_code <> 'queued_behind' AND consumer LIKE 'saga.%%'
    ) AS sum_of GROUP BY order_id, sum_of.what ORDER BY min(since)
"""


class Done(NamedTuple):
    """Something that has happened to an order."""

    at: datetime
    type: str
    actor: str
    stream: str
    version: int
    position: int


class Owed(NamedTuple):
    participant: str
    type: str
    opened_at: datetime
    attempts: int
    next_attempt_at: datetime
    being_asked: bool | None
    trouble: str | None
    rejected_at: datetime | None


class Deadline(NamedTuple):
    step: str
    due_at: datetime | None
    fired_at: datetime | None
    passed: bool


class ParkedHere(NamedTuple):
    consumer: str
    event_type: str | None
    cause_code: str
    cause: str
    attempts: int
    parked_at: datetime


class Standing(NamedTuple):
    order_id: str
    status: str
    steps: Sequence[Done]
    next: str | None
    """Which event is expected next, in words; None when the order has ended."""
    owed: Sequence[Owed]
    deadlines: Sequence[Deadline]
    parked: Sequence[ParkedHere]


class Stuck(NamedTuple):
    order_id: str
    what: str
    since: datetime


def standing(order_id: str) -> Standing:
    with closing(database()) as asked:
        owed = [Owed(*row) for row in asked.query(_OWED, (order_id,))]
        deadlines = [Deadline(*row) for row in asked.query(_DEADLINES, (order_id,))]
        parked = [ParkedHere(*row) for row in asked.query(_PARKED, (order_id,))]
    stored = _streams(order_id)
    steps = sorted(
        (
            Done(each.recorded_at, each.type, each.actor, each.stream, each.version, each.position)
            for stream in stored.values()
            for each in stream
        ),
        key=lambda done: done.position,
    )
    if not any(done.type == "order.placed" for done in steps):
        raise Refusal(f"There is no order {order_id}.", code="order_not_found")
    return Standing(order_id, _status(steps), steps, _expected(stored, steps), owed, deadlines, parked)


def stuck(seconds: float) -> Sequence[Stuck]:
    with closing(database()) as asked:
        return [Stuck(*row) for row in asked.query(_STUCK, (min(seconds, 10.0), seconds, seconds))]


def _status(steps: Sequence[Done]) -> str:
    kinds = [done.type for done in steps]
    if ended := next((kind for kind in kinds if kind in ENDS), None):
        return ended.removeprefix("order.")
    return "going back" if _BACK & set(kinds) else "going forward"


def _expected(stored: Mapping[str, Sequence[Recorded]], steps: Sequence[Done]) -> str | None:
    """Whose move it is: of the events of the order, the last one that somebody hears and has not answered."""
    if any(done.type in ENDS for done in steps):
        return None
    for done in reversed(steps):
        found = [who for who in PARTICIPANTS.values() if done.type in _names_of(who.hears)]
        waiting = [who for who in found if not _spoke_after(who, stored, done.position)]
        if waiting:
            who = waiting[0]
            emits = next(reaction.emits for cls, reaction in who.hears.items() if _name(cls) == done.type)
            return f"{' or '.join(sorted(map(_name, emits)))}, of {who.name}, which hears {done.type}"
        for participant in PARTICIPANTS.values():
            for cls, intent in participant.intents.items():
                if _name(cls) == done.type:
                    return f"{' or '.join(sorted(map(_name, intent.closed_by)))}, when the outside has answered"
    return None


def _spoke_after(who: Participant, stored: Mapping[str, Sequence[Recorded]], position: int) -> bool:
    return any(
        event.position > position
        for name, stream in stored.items()
        if name.startswith(f"{who.category}-")
        for event in stream
    )


def _names_of(classes: Any) -> frozenset[str]:
    return frozenset(map(_name, classes))


def _name(cls: type) -> str:
    declared = declaration(cls)
    assert declared is not None
    return declared.type


def streams_of(order_id: str) -> Sequence[str]:
    return [stream_name(participant.category, order_id) for participant in PARTICIPANTS.values()]


def _streams(order_id: str) -> Mapping[str, Sequence[Recorded]]:
    with closing(transactions()) as opened, opened.begin() as work:
        return work.load(streams_of(order_id))


def transactions() -> PostgresTransactions:
    return PostgresTransactions(postgres_url(), Preparation(make_codec()), WHO, patience=PATIENCE)


def database() -> Database:
    return Database(postgres_url(), application_name=WHO, patience=PATIENCE)
