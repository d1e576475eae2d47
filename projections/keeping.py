"""How a folded batch is kept: the documents, then what could not be handled, then the marks; then whoever waits hears.

In this order a crash at any place costs a repetition and nothing else. It runs in a thread beside the folding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, NamedTuple

from eventing.consuming import Mark, Partition, moves
from eventing.crash_points import reach
from eventing.errors import Unavailable
from eventing.parking import Cause, ParkedKey
from projections.folding import ABSENT, Batch, Folded, unreadable
from projections.generations import Build
from projections.ports import UNREADABLE, Board, Change, Desk, DocumentStore, Footing

ROUNDS: Final = 5


class Kept(NamedTuple):
    marks: Mapping[Partition, Mark]
    documents: int
    parked: int
    stale: Sequence[str]
    """Documents that are not as they were folded: what was remembered of them is wrong."""
    parked_keys: frozenset[ParkedKey]

    @property
    def went_smoothly(self) -> bool:
        """Whether what was folded meanwhile on top of it can be kept as well."""
        return not self.stale and not self.parked_keys


@dataclass(slots=True)
class Writing:
    """A batch on its way to the store. Without a future it has failed and is to be given again."""

    batch: Batch
    future: Future[Kept] | None = None


class Keeper:
    def __init__(self, build: Build, store: DocumentStore, desk: Desk, board: Board) -> None:
        self._build = build
        self._store = store
        self._desk = desk
        self._board = board

    def keep(self, batch: Batch, before: Mapping[Partition, Mark]) -> Kept:
        """`before`: the marks that it goes on from. May be called again with the same batch after it failed.

        Raises `Unavailable`, `Lost`, `SetBack` or `Superseded`."""
        reach("projector.before_write")
        written = self._write(batch, before)
        reach("projector.written")
        if not self._store.keeps_marks:
            self._desk.keep(moves(before, batch.marks), batch.parked)
        elif batch.parked:
            self._desk.keep((), batch.parked)
            reach("projector.parked")
            written_before = {one: folded.now.position for one, folded in batch.documents.items()}
            self._store.write((), batch.marks, Footing(before, written_before))
        reach("projector.marked")
        if not self._store.keeps_marks:
            self._board.applied(self._build, batch.marks)
        return Kept(batch.marks, written, len(batch.parked), batch.stale, frozenset(batch.parked_keys))

    def close(self) -> None:
        self._desk.close()
        self._board.close()

    def _write(self, batch: Batch, before: Mapping[Partition, Mark]) -> int:
        """How many documents were written.

        A store that keeps marks gets them at once, unless something has to be parked before they move. That may come
        out only here, when a document is folded again."""
        changes, footing = batch.changes(), Footing(before)
        if batch.is_doubtful:
            changes, footing = self._fold_again(batch, before)
            batch.is_doubtful = False
        written = len(changes)
        for _ in range(ROUNDS):
            at_once = self._store.keeps_marks and not batch.parked
            outcome = self._store.write(changes, batch.marks if at_once else {}, footing)
            batch.stale += outcome.overtaken
            for one, reason in outcome.refused.items():
                batch.set_aside(one, Cause("refused_document", f"The store refuses {one}: {reason}"))
            if not outcome.overtaken:
                return written - len(outcome.refused)
            changes, footing = self._fold_again(batch, before)
        raise Unavailable(f"The documents of {self._build.model} change under the projector's hands; it tries again.")

    def _fold_again(self, batch: Batch, before: Mapping[Partition, Mark]) -> tuple[list[Change], Footing]:
        """From what the store has now: another process may have come first, or this one did and never heard of it."""
        kept = self._store.read(list(batch.documents))
        for one, folded in list(batch.documents.items()):
            folded.base = folded.now = kept.get(one, ABSENT)
            if folded.base == UNREADABLE:
                batch.set_aside(one, unreadable(one))
            else:
                self._fold_one(batch, folded)
        # Some of it may have been written before, without the marks.
        bases = {one: folded.base.position for one, folded in batch.documents.items()}
        return batch.changes(), Footing(before, bases)

    def _fold_one(self, batch: Batch, folded: Folded) -> None:
        for place, taken in enumerate(folded.takens):
            assert taken.heard is not None
            if taken.heard.position <= folded.now.position:
                continue
            try:
                document = folded.family.fold(folded.now.document, taken.heard)
            except Exception as error:  # noqa: BLE001 - it concerns its own key, and all others go on
                batch.park(folded.takens[place:], Cause("fold_failed", str(error)))
                folded.takens = folded.takens[:place]
                return
            if document is not folded.now.document:
                folded.now = folded.now._replace(position=taken.heard.position, document=document)
