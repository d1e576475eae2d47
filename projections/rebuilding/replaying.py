"""History becomes documents: stretch by stretch, each document of a stretch once, however many events it has heard.

No side effect is fired: folds are pure, and nothing but the new build is written to. Memory is flat: documents that
were folded lately are remembered, all others are read back from the build that is being filled. While one stretch is
being written the next is folded. A stretch that was written and not marked is folded again after a crash and changes
nothing, since each document holds the position up to which it was folded. What can't be folded is parked with all that
follows it under the same key, for the new build, exactly as a projector would have parked it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from eventing.consuming import Mark, Partition, Superseded, moves
from eventing.crash_points import reach
from eventing.errors import Misconfigured, OrderloomError
from eventing.parking import Cause, ParkedKey
from projections.folding import ABSENT, BEHIND, Folded, changed
from projections.ports import Change, Desk, DocumentStore, Footing, Stored, ToPark
from projections.read_model import Family, Heard
from projections.recent import Recent
from projections.replay_ports import Line, Originals, Stretch

REMEMBERED: Final = 20_000
"""Documents."""


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
        self._writing: Future[None] | None = None
        self._being_written: frozenset[str] = frozenset()
        self._waiting = dict.fromkeys(desk.parked(list(marks)), 0)
        """Keys of which something is parked, and from which position on."""
        self.documents = 0
        """Written, each counted as often as it was."""
        self.parked = 0

    def feed(self, stretch: Stretch) -> None:
        for key, position, _ in stretch.broken:
            self._waiting.setdefault(key, position)
        parked = [self._to_park(key.partition, position, cause) for key, position, cause in stretch.broken]
        documents = self._fold(stretch.lines, parked)
        changes = [change for one, folded in documents.items() if (change := changed(one, folded)) is not None]
        self.settle()
        self._writing = self._writer.submit(self._write, changes, parked, stretch.marks)
        self._being_written = frozenset(documents)
        self.documents += len(changes)
        self.parked += len(parked)
        for one, folded in documents.items():
            self._recent.keep(one, folded.partition, folded.now)
        reach("rebuild.folded")

    def settle(self) -> None:
        """Until everything that was fed is kept."""
        writing, self._writing = self._writing, None
        self._being_written = frozenset()
        if writing is not None:
            writing.result()

    def close(self) -> None:
        self._writer.shutdown()

    def _fold(self, lines: Sequence[Line], parked: list[ToPark]) -> dict[str, Folded]:
        wanted: dict[str, tuple[Family, Partition]] = {}
        missing: dict[str, bool] = {}
        for families, heard, partition in lines:
            for family in families:
                one = family.id_of(family.key(heard))
                if one not in wanted:
                    wanted[one] = family, partition
                    missing[one] = not (self._is_fresh and isinstance(heard.event, family.begins))
        bases = self._bases(missing)
        documents = {
            one: Folded(family, partition, bases[one], bases[one]) for one, (family, partition) in wanted.items()
        }
        for line in lines:
            self._fold_line(line, documents, parked)
        return documents

    def _fold_line(self, line: Line, documents: Mapping[str, Folded], parked: list[ToPark]) -> None:
        families, heard, partition = line
        cause = None
        if self._waiting and heard.position > self._waiting.get(ParkedKey(partition, heard.key), heard.position):
            cause = BEHIND
        else:
            for family in families:
                cause = cause or fold_one(documents[family.id_of(family.key(heard))], family, heard)
        if cause is not None:
            self._waiting.setdefault(ParkedKey(partition, heard.key), heard.position)
            parked.append(self._to_park(partition, heard.position, cause))

    def _to_park(self, partition: Partition, position: int, cause: Cause) -> ToPark:
        message = self._originals.message(partition, position)
        return ToPark(message, cause, dict(message.headers).get("ce_type"), position)  # type: ignore[arg-type]

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
            if not self._being_written.isdisjoint(missing):
                self.settle()
            kept_ones = self._store.read(missing)
            found |= {one: kept_ones.get(one, ABSENT) for one in missing}
        return found

    def _write(self, changes: Sequence[Change], parked: Sequence[ToPark], marks: Mapping[Partition, Mark]) -> None:
        """Documents, then what is parked, then the marks, as projectors do it."""
        self._may_write()
        at_once = self._store.keeps_marks and not parked
        # Where nobody else writes, the store has what was written, unless it was set back.
        before = dict(self.marks) if self._is_fresh else {}
        outcome = self._store.write(changes, marks if at_once else {}, Footing(before))
        if outcome.overtaken:
            raise Superseded("Somebody else fills this build: this one gives it up.")
        for one, reason in outcome.refused.items():
            raise Misconfigured(f"The store refuses {one}: {reason} Nothing was switched.")
        reach("rebuild.written")
        if not self._store.keeps_marks:
            self._desk.keep(moves(self.marks, marks), parked)
        elif not at_once:
            self._desk.keep((), parked)
            self._store.write((), marks, Footing(before, {one.id: one.position for one in changes}))
        self.marks |= marks


def fold_one(folded: Folded, family: Family, heard: Heard) -> Cause | None:
    """As a projector does it, so that a replay gives the same bytes at the same position. Why not, where it fails."""
    if heard.position <= folded.now.position:
        return None
    try:
        document = family.fold(folded.now.document, heard)
    except OrderloomError as error:
        return Cause(error.code, str(error))
    except Exception as error:  # noqa: BLE001 - a fold that breaks concerns its own key, and all others go on
        return Cause("fold_failed", f"The fold of {type(heard.event).__name__} broke: {error!r}.")
    if document is not folded.now.document:
        folded.now = Stored(heard.position, document)
    return None
