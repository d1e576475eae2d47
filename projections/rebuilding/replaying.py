"""History becomes documents: stretch by stretch, each document of a stretch once, however many events it has heard.

No side effect is fired: folds are pure, and nothing but the new build is written to. Memory is flat: documents that
were folded lately are remembered, all others are read back from the build that is being filled. While one stretch is
being written the next is folded. A stretch that was written and not marked is folded again after a crash and changes
nothing, since each document holds the position up to which it was folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from eventing.consuming import Mark, Partition, Superseded, moves
from eventing.crash_points import reach
from eventing.errors import Misconfigured, OrderloomError, Unreadable
from projections.folding import ABSENT, Folded, changed
from projections.ports import Change, Desk, DocumentStore, Stored
from projections.read_model import Family, Heard
from projections.recent import Recent
from projections.replay_ports import Line, Stretch

REMEMBERED: Final = 50_000
"""Documents."""


class Unfoldable(Unreadable):
    """An event can't be folded: nothing is switched."""

    code = "unfoldable"


class Replay:
    def __init__(
        self,
        store: DocumentStore,
        desk: Desk,
        marks: Mapping[Partition, Mark],
        *,
        may_write: Callable[[], None] = lambda: None,
        remembered: int = REMEMBERED,
    ) -> None:
        self._store = store
        self._desk = desk
        self.marks = dict(marks)
        """What is kept."""
        self._may_write = may_write
        self._recent = Recent(remembered)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="rebuild")
        self._writing: Future[None] | None = None
        self._being_written: frozenset[str] = frozenset()
        self.documents = 0
        """Written, each counted as often as it was."""

    def feed(self, stretch: Stretch) -> None:
        documents = self._fold(stretch.lines)
        changes = [change for one, folded in documents.items() if (change := changed(one, folded)) is not None]
        self.settle()
        self._writing = self._writer.submit(self._write, changes, stretch.marks)
        self._being_written = frozenset(documents)
        self.documents += len(changes)
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

    def _fold(self, lines: Sequence[Line]) -> dict[str, Folded]:
        wanted: dict[str, tuple[Family, Partition]] = {}
        steps: list[tuple[str, Family, Heard]] = []
        for families, heard, partition in lines:
            for family in families:
                one = family.id_of(family.key(heard))
                steps.append((one, family, heard))
                if one not in wanted:
                    wanted[one] = family, partition
        bases = self._bases(wanted)
        documents = {
            one: Folded(family, partition, bases[one], bases[one]) for one, (family, partition) in wanted.items()
        }
        for one, family, heard in steps:
            fold_one(documents[one], family, heard)
        return documents

    def _bases(self, wanted: Mapping[str, object]) -> Mapping[str, Stored]:
        found: dict[str, Stored] = {}
        missing: list[str] = []
        for one in wanted:
            kept = self._recent.get(one)
            if kept is None:
                missing.append(one)
            else:
                found[one] = kept
        if missing:
            if not self._being_written.isdisjoint(missing):
                self.settle()
            kept_ones = self._store.read(missing)
            found |= {one: kept_ones.get(one, ABSENT) for one in missing}
        return found

    def _write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark]) -> None:
        self._may_write()
        outcome = self._store.write(changes, marks if self._store.keeps_marks else {})
        if outcome.overtaken:
            raise Superseded("Somebody else fills this build: this one gives it up.")
        for one, reason in outcome.refused.items():
            raise Misconfigured(f"The store refuses {one}: {reason} Nothing was switched.")
        reach("rebuild.written")
        if not self._store.keeps_marks:
            self._desk.keep(moves(self.marks, marks), ())
        self.marks |= marks


def fold_one(folded: Folded, family: Family, heard: Heard) -> None:
    """Exactly as a projector does it, so that a replay gives the same bytes at the same position."""
    if heard.position <= folded.now.position:
        return
    try:
        document = family.fold(folded.now.document, heard)
    except OrderloomError as error:
        raise Unfoldable(f"{error} (position {heard.position}, {heard.stream})") from error
    except Exception as error:
        raise Unfoldable(
            f"The fold of {type(heard.event).__name__} at position {heard.position} ({heard.stream}) broke: {error!r}."
        ) from error
    if document is not folded.now.document:
        folded.now = Stored(heard.position, document)
