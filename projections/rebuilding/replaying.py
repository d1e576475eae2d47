"""History becomes documents: stretch by stretch, each document of a stretch once, however many events it has heard.

No side effect is fired: folds are pure, and nothing but the new build is written to. Memory is flat: documents that
were folded lately are remembered, all others are read back from the build that is being filled. While one stretch is
being written the next is folded. A stretch that was written and not marked is folded again after a crash and changes
nothing, since each document holds the position up to which it was folded. What can't be folded is parked with all that
follows it under the same key, for the new build, exactly as a projector would have parked it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from eventing.consuming import Mark, Partition, Superseded, moves
from eventing.crash_points import reach
from eventing.errors import Misconfigured
from eventing.parking import ParkedKey
from projections.folding import ABSENT, BEHIND, Folded, changed, unreadable
from projections.ports import UNREADABLE, Change, Desk, DocumentStore, Footing, Stored, ToPark
from projections.read_model import Family
from projections.rebuilding.one_event import fold_one
from projections.rebuilding.refusing import Work, set_aside
from projections.recent import Recent
from projections.replay_ports import Broken, Line, Originals, Stretch

REMEMBERED: Final = 20_000
"""Documents."""
FEW: Final = 10
"""Documents that may all be refused. Of more it is not one of them that is strange, but the model for its store."""
OVERTAKEN: Final = "Somebody else fills this build: this one gives it up."


class Replay:
    def __init__(
        self,
        store: DocumentStore,
        desk: Desk,
        originals: Originals,
        marks: Mapping[Partition, Mark],
        *,
        is_fresh: bool = False,
        may_write: Callable[[], None] = lambda: None,
        remembered: int = REMEMBERED,
    ) -> None:
        """`is_fresh`: nothing was ever written to the build but by this process."""
        self._store = store
        self._desk = desk
        self._originals = originals
        self.marks = dict(marks)
        """What is kept."""
        self._is_fresh = is_fresh
        self._may_write = may_write
        self._recent = Recent(remembered)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="rebuild")
        self._writing: tuple[Work, Future[Mapping[str, str]]] | None = None
        self._waiting = dict.fromkeys(desk.parked(list(marks)), 0)
        """Keys of which something is parked, and from which position on."""
        self.documents = 0
        """Written, each counted as often as it was."""
        self.parked = 0
        self.refused = 0
        """Documents that the store did not take."""

    def feed(self, stretch: Stretch) -> None:
        while True:
            refused = self.refused
            work = self._fold(stretch)
            self.settle()
            if self.refused == refused:
                break  # else it may stand on a document that the store did not take, and is folded again
        self._writing = work, self._writer.submit(self._write, work)
        for one, folded in work.documents.items():
            self._recent.keep(one, folded.partition, folded.now)
        reach("rebuild.folded")

    def settle(self) -> None:
        """Until everything that was fed is kept."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        work, future = writing
        refused = future.result()
        parked = work.parked
        if refused:
            parked = [*parked, *self._set_aside(work, refused)]
            self._may_write()
            self._mark(work, parked, refused)
        self.documents += len(work.changes) - len(refused)
        self.parked += len(parked)
        self.refused += len(refused)

    def close(self) -> None:
        self._writer.shutdown()

    def _fold(self, stretch: Stretch) -> Work:
        for key, position, _ in stretch.broken:
            self._waiting.setdefault(key, position)
        parked = [self._to_park(one) for one in stretch.broken]
        wanted: dict[str, tuple[Family, Partition]] = {}
        missing: dict[str, bool] = {}
        for families, heard, partition in stretch.lines:
            for family in families:
                one = family.id_of(family.key(heard))
                if one not in wanted:
                    wanted[one] = family, partition
                    missing[one] = not (self._is_fresh and isinstance(heard.event, family.begins))
        bases = self._bases(missing)
        documents = {
            one: Folded(family, partition, bases[one], bases[one]) for one, (family, partition) in wanted.items()
        }
        for line in stretch.lines:
            self._fold_line(line, documents, parked)
        changes = [change for one, folded in documents.items() if (change := changed(one, folded)) is not None]
        return Work(stretch.lines, documents, changes, parked, stretch.marks)

    def _fold_line(self, line: Line, documents: Mapping[str, Folded], parked: list[ToPark]) -> None:
        families, heard, partition = line
        cause = None
        if self._waiting and heard.position > self._waiting.get(ParkedKey(partition, heard.key), heard.position):
            cause = BEHIND
        else:
            for family in families:
                one = family.id_of(family.key(heard))
                strange = unreadable(one) if documents[one].base == UNREADABLE else None
                cause = cause or strange or fold_one(documents[one], family, heard)
        if cause is not None:
            broken = Broken(ParkedKey(partition, heard.key), heard.position, cause)
            self._waiting.setdefault(broken.key, broken.position)
            parked.append(self._to_park(broken))

    def _to_park(self, broken: Broken) -> ToPark:
        message = self._originals.message(broken.key.partition, broken.position)
        return ToPark(message, broken.cause, dict(message.headers).get("ce_type"), broken.position)  # type: ignore[arg-type]

    def _bases(self, wanted: Mapping[str, bool]) -> Mapping[str, Stored]:
        """Of each document, whether it has to be looked for where it is not remembered."""
        found: dict[str, Stored] = {}
        missing: list[str] = []
        for one, may_be_there in wanted.items():
            kept = self._recent.get(one)
            if kept is not None:
                found[one] = kept
            elif may_be_there:
                missing.append(one)
            else:
                found[one] = ABSENT
        if missing:
            if self._writing and not self._writing[0].documents.keys().isdisjoint(missing):
                self.settle()
            kept_ones = self._store.read(missing)
            found |= {one: kept_ones.get(one, ABSENT) for one in missing}
        return found

    def _write(self, work: Work) -> Mapping[str, str]:
        """Documents, then what is parked, then the marks, as projectors do it. What is refused, and why: then neither
        is kept yet, since more has to be parked."""
        self._may_write()
        at_once = self._store.keeps_marks and not work.parked
        outcome = self._store.write(work.changes, work.marks if at_once else {}, Footing(self._before()))
        if outcome.overtaken:
            raise Superseded(OVERTAKEN)
        if len(outcome.refused) == len(work.changes) > FEW:
            one, reason = next(iter(outcome.refused.items()))
            raise Misconfigured(
                f"The store refuses all of {len(work.changes)} documents, {one}: {reason} Nothing was switched."
            )
        reach("rebuild.written")
        if not outcome.refused:
            if at_once:
                self.marks |= work.marks
            else:
                self._mark(work, work.parked, outcome.refused)
        return outcome.refused

    def _mark(self, work: Work, parked: Sequence[ToPark], refused: Collection[str]) -> None:
        if not self._store.keeps_marks:
            self._desk.keep(moves(self.marks, work.marks), parked)
        else:
            self._desk.keep((), parked)
            written = {one.id: one.position for one in work.changes if one.id not in refused}
            self._store.write((), work.marks, Footing(self._before(), written))
        self.marks |= work.marks

    def _before(self) -> Mapping[Partition, Mark]:
        """Where nobody else writes, the store has what was written, unless it was set back."""
        return dict(self.marks) if self._is_fresh else {}

    def _set_aside(self, work: Work, refused: Mapping[str, str]) -> Sequence[ToPark]:
        """What waits from now on because of it. Nothing is being written meanwhile."""
        waiting = set_aside(work, refused, self._write_one)
        for one in waiting:
            self._waiting[one.key] = min(self._waiting.get(one.key, one.position), one.position)
        self._recent.forget(refused)
        return [self._to_park(one) for one in waiting]

    def _write_one(self, change: Change) -> str | None:
        self._may_write()
        outcome = self._store.write([change], {}, Footing(self._before()))
        if outcome.overtaken:
            raise Superseded(OVERTAKEN)
        return outcome.refused.get(change.id)
