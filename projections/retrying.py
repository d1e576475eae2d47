"""Tries parked events again when an operator wants it, in order, by the path of every other event.

An event leaves the parking in the transaction around its effect: if it was discarded meanwhile its effect does not take
place, and after a crash in between it is tried once more, which a document's position makes harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eventing.consuming import Partition
from eventing.errors import OrderloomError, Unavailable
from eventing.parking import Cause, Parked
from projections.folding import Batch, documents_of, fold_batch
from projections.hearing import Ear
from projections.ports import Change, Desk, DocumentStore

ROUNDS: Final = 100
"""Then the loop looks at Kafka again, so that the group does not take its partitions away."""


class RefusedAgain(OrderloomError):
    """The store still does not take the document."""

    code = "refused_document"


class Retrying:
    def __init__(self, store: DocumentStore, desk: Desk, ear: Ear) -> None:
        self._store = store
        self._desk = desk
        self._ear = ear

    def carry_out(self, partitions: Sequence[Partition]) -> Sequence[str]:
        """The documents that may have changed by it."""
        touched: list[str] = []
        for _ in range(ROUNDS):
            if not (asked := self._desk.to_retry(partitions)):
                break
            for parked in asked:
                touched += self._try(parked)
        return touched

    def _try(self, parked: Parked) -> Sequence[str]:
        taken = self._ear.take(parked.message)
        if taken.cause is not None:
            self._desk.failed_again(parked, taken.cause)
            return ()
        batch = Batch()
        fold_batch(batch, [taken], self._store.read(documents_of(taken)), ())
        changes = batch.changes()
        if batch.parked:
            self._desk.failed_again(parked, batch.parked[0].cause)
            return ()
        try:
            self._desk.settle(parked, lambda: self._write(changes))
        except RefusedAgain as error:
            self._desk.failed_again(parked, Cause(error.code, str(error)))
        return list(batch.documents)

    def _write(self, changes: Sequence[Change]) -> None:
        outcome = self._store.write(changes, {})
        if outcome.overtaken:
            raise Unavailable("The document changed meanwhile; the parked event is tried again.")
        for one, reason in outcome.refused.items():
            raise RefusedAgain(f"The store refuses {one}: {reason}")
