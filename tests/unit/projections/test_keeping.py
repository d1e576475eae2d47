"""What can't be folded is parked before any mark moves past it, also where that turns out only while it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from eventing.consuming import Mark, Message, Move, Partition
from projections.folding import Batch, fold_batch
from projections.generations import Build
from projections.hearing import Ear
from projections.keeping import Keeper
from projections.ports import ANYWHERE, Board, Change, Desk, DocumentStore, Footing, Outcome, Stored, ToPark
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import codec, record
from tests.support.read_models.story import Told

PLACE = Partition("order.events.v1", 0)
BUILD = Build("customer_orders", 1, 1, "live", "", "", datetime(2026, 11, 26, tzinfo=UTC))
MARKS = {PLACE: Mark(2, 2)}
(PLACED,) = placed(1)
(CONFIRMED,) = confirmed([PLACED], 2)


class Emptied:
    """It has lost the document that was built on, and keeps marks."""

    keeps_marks = True

    def __init__(self, done: list[str]) -> None:
        self._done = done

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return {}

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        if changes:
            return Outcome(overtaken=[change.id for change in changes])
        self._done += ["marks moved"] if marks else []
        return Outcome()


class ADesk:
    def __init__(self, done: list[str]) -> None:
        self._done = done

    def keep(self, moves: Sequence[Move], parked: Sequence[ToPark]) -> None:
        self._done += [f"{one.event_type} parked" for one in parked]


def test_what_can_not_be_folded_again_is_parked_before_the_marks_move() -> None:
    done: list[str] = []
    ear = Ear(CUSTOMER_ORDERS, codec().decode)
    base = Batch()
    fold_batch(base, [ear.take(message(PLACED))], {}, ())
    batch = Batch(marks=dict(MARKS), events=1)
    fold_batch(batch, [ear.take(message(CONFIRMED))], {one: folded.now for one, folded in base.documents.items()}, ())
    assert not batch.parked

    keeper = Keeper(BUILD, cast(DocumentStore, Emptied(done)), cast(Desk, ADesk(done)), cast(Board, None))
    kept = keeper.keep(batch, {})

    assert done == ["order.confirmed parked", "marks moved"]
    assert (kept.parked, kept.marks) == (1, MARKS)


def message(told: Told) -> Message:
    value, headers = record(told)
    return Message(PLACE, told.position - 1, told.key, value, [(name, str(text).encode()) for name, text in headers])
