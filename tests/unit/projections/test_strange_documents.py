"""What a store has in a document's place and no projector has written concerns its own key; all others flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from eventing.consuming import Mark, Partition
from projections.folding import Batch, fold_batch
from projections.generations import Build
from projections.keeping import Keeper
from projections.ports import (
    ANYWHERE,
    UNREADABLE,
    Board,
    Change,
    Desk,
    DocumentStore,
    Footing,
    Outcome,
    Stored,
)
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from tests.support.read_models.folds import partition, taken
from tests.support.read_models.many import confirmed, placed

BUILD = Build("customer_orders", 1, 1, "live", "", "", datetime(2026, 11, 26, tzinfo=UTC))
PLACED = list(placed(2))
BAD, GOOD = (told.key for told in PLACED)
CONFIRMED = [taken(CUSTOMER_ORDERS, told) for told in confirmed(PLACED, 3)]
MARKS = {partition(PLACED[0]): Mark(2, 4)}


def folded_of(*positions: int) -> dict[str, Stored]:
    batch = Batch()
    fold_batch(batch, [taken(CUSTOMER_ORDERS, PLACED[at]) for at in positions], {}, ())
    return {one: folded.now for one, folded in batch.documents.items()}


DOCUMENTS = folded_of(0, 1)


class Tampered:
    """A store in which one document became something else after it was read."""

    keeps_marks = True

    def __init__(self) -> None:
        self.written: list[str] = []

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return {one: UNREADABLE if one == BAD else DOCUMENTS[one] for one in ids}

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        if BAD in (ids := [change.id for change in changes]):
            return Outcome(overtaken=[BAD])
        self.written += ids
        return Outcome()


class ADesk:
    def keep(self, moves: object, parked: Sequence[object]) -> None: ...


def test_upon_what_can_not_be_read_nothing_is_folded() -> None:
    batch = Batch()

    fold_batch(batch, CONFIRMED, {BAD: UNREADABLE, GOOD: DOCUMENTS[GOOD]}, ())

    assert [change.id for change in batch.changes()] == [GOOD]
    assert [(one.message.key, one.cause.code) for one in batch.parked] == [(BAD, "unreadable")]
    assert "verify" in batch.parked[0].cause.sentence


def test_what_becomes_unreadable_before_it_is_written_is_set_aside() -> None:
    store, batch = Tampered(), Batch(marks=dict(MARKS))
    fold_batch(batch, CONFIRMED, DOCUMENTS, ())

    keeper = Keeper(BUILD, cast(DocumentStore, store), cast(Desk, ADesk()), cast(Board, None))
    kept = keeper.keep(batch, {})

    assert store.written == [GOOD]
    assert [(one.message.key, one.cause.code) for one in batch.parked] == [(BAD, "unreadable")]
    assert BAD in kept.stale, "what was remembered of it is wrong"
    assert not kept.went_smoothly


def test_a_document_that_breaks_what_follows_from_it_is_set_aside() -> None:
    """It can be read and even folded, but nothing can be told of what it had added to a sum."""
    lacking = {name: value for name, value in (DOCUMENTS[BAD].document or {}).items() if name != "currency"}
    batch = Batch()
    fold_batch(batch, CONFIRMED, {**DOCUMENTS, BAD: Stored(1, lacking)}, ())
    assert not batch.parked

    changes = batch.changes()

    assert [change.id for change in changes] == [GOOD]
    assert [(one.message.key, one.cause.code) for one in batch.parked] == [(BAD, "fold_failed")]
    assert batch.stale == [BAD]
