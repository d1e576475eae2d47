"""The sums and lists of a Redis build beside what the fold of the log adds up to, while writes go on.

1. All that is kept, and all that the log adds up to at the marks of before, become digests over ranges of names. Nearly
   all are equal.
2. What lies in the others is read once more, each together with the marks in one step of Redis: so it is known up to
   where it goes, and the log is added up to that very place. What is right drops out.
3. What still differs is read and added up again. Only in the middle of a long batch is a sum ahead of its mark, so
   what differs twice differs indeed.

A parked key adds what its document says: it stands still, and so does what it added. So does a key that can't be
folded; that one may go on, but would have to do so whenever it is looked at to be taken for wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from eventing.consuming import Mark, Partition
from projections.contributions import SUM, Contribution, Kept, Totals, contributions, range_of
from projections.folding import ABSENT
from projections.ports import Stored
from projections.read_model import Family
from projections.rebuilding.verifying import Verifying
from projections.replay_ports import Derived, Told

AT_ONCE: Final = 500
"""Names that are read in one step: Redis serves nobody else meanwhile."""
TWICE: Final = 2


class Wrong(NamedTuple):
    """One field of a sum, or one entry of a list. None: it is not there."""

    name: str
    field: str
    found: int | None
    wanted: int | None


class Snapshot(NamedTuple):
    marks: Mapping[Partition, Mark]
    kept: Mapping[str, Kept]


@dataclass(frozen=True, slots=True)
class Tallying:
    verifying: Verifying
    derived: Derived

    def run(self) -> Sequence[Wrong]:
        suspicious = self._suspicious()
        if not suspicious:
            return ()
        names = {name for name, _ in self.derived.scan() if range_of(name) in suspicious}
        wrong = self._differing(names, suspicious)
        return self.confirm({one.name for one in wrong})

    def confirm(self, names: Collection[str]) -> Sequence[Wrong]:
        """What is wrong with these, as it stands now."""
        wrong: Sequence[Wrong] = ()
        for _ in range(TWICE):
            if not names:
                return ()
            wrong = self._differing(names, frozenset())
            names = {one.name for one in wrong}
        return wrong

    def _suspicious(self) -> frozenset[int]:
        marks = self.verifying.applied()
        ours, theirs = Totals(), Totals()
        for name, kept in self.derived.scan():
            theirs.add(Contribution(name, field, amount) for field, amount in kept.items())
        for _, _, contributed in self._added_up([marks]):
            ours.add(contributed)
        return ours.different(theirs)

    def _differing(self, names: Collection[str], ranges: frozenset[int]) -> Sequence[Wrong]:
        """Of these names, and of those in the ranges that are nowhere kept."""
        ordered = sorted(names)
        snapshots = [
            Snapshot(*self.derived.snapshot(ordered[at : at + AT_ONCE], self.verifying.places()))
            for at in range(0, len(ordered), AT_ONCE)
        ] or [Snapshot(self.verifying.applied(), {})]
        where = {name: number for number, one in enumerate(snapshots) for name in one.kept}
        wanted: dict[str, dict[str, int]] = {name: {} for name in ordered}
        for numbers, _, contributed in self._added_up([one.marks for one in snapshots]):
            for name, field, amount in contributed:
                if (name in where or range_of(name) in ranges) and where.get(name, 0) in numbers:
                    fields = wanted.setdefault(name, {})
                    fields[field] = fields.get(field, 0) + amount if name.startswith(SUM) else amount
        kept = {name: fields for one in snapshots for name, fields in one.kept.items()}
        return [wrong for name in sorted(wanted) for wrong in _compared(name, kept.get(name, {}), wanted[name])]

    def _added_up(
        self, marks: Sequence[Mapping[Partition, Mark]]
    ) -> Iterator[tuple[Collection[int], str, Sequence[Contribution]]]:
        """What each document contributes at each of these marks, which are named by their numbers."""
        verifying = self.verifying
        parked = verifying.parked_now()
        until = max((mark.position for one in marks for mark in one.values()), default=0)
        for key, told in verifying.log.keys(until):
            for family in self._families():
                document_id, partition = family.id_of(key), verifying.partition_of(family, key)
                bounds = [one[partition].position if partition in one else 0 for one in marks]
                found = None if key in parked else self._folded(family, told, bounds)
                for numbers, stored in found or [(range(len(marks)), self._as_it_stands(document_id))]:
                    yield numbers, document_id, list(contributions(family, document_id, stored.document, partition))

    def _folded(
        self, family: Family, told: Sequence[Told], bounds: Sequence[int]
    ) -> Sequence[tuple[Collection[int], Stored]] | None:
        """The document at each of these bounds, which are named by their numbers; None where it can't be folded."""
        numbers: dict[int, list[int]] = {}
        for number, bound in enumerate(bounds):
            numbers.setdefault(bound, []).append(number)
        folded = {bound: self.verifying.folded(family, told, bound) for bound in numbers}
        found = [(numbers[bound], stored) for bound, stored in folded.items() if stored is not None]
        return found if len(found) == len(numbers) else None

    def _as_it_stands(self, document_id: str) -> Stored:
        return self.verifying.opened.store.read([document_id]).get(document_id, ABSENT)

    def _families(self) -> Sequence[Family]:
        return [one for one in self.verifying.model.families if one.sums is not None or one.places is not None]


def _compared(name: str, kept: Kept, wanted: Mapping[str, int]) -> Iterator[Wrong]:
    if name.startswith(SUM):
        wanted = {field: amount for field, amount in wanted.items() if amount}
    for field in sorted(kept.keys() | wanted.keys()):
        if kept.get(field) != wanted.get(field):
            yield Wrong(name, field, kept.get(field), wanted.get(field))


def put_right(tallying: Tallying, wrong: Sequence[Wrong]) -> tuple[Sequence[Wrong], Sequence[Wrong]]:
    """What was put right, and what is wrong still. A sum gets what it lacks, whatever else is added to it meanwhile; an
    entry is set by the document as it is then, which therefore has to be right before."""
    for one in wrong:
        if one.name.startswith(SUM):
            tallying.derived.add(one.name, one.field, (one.wanted or 0) - (one.found or 0))
        else:
            tallying.derived.place(one.name, one.field)
    left = tallying.confirm({one.name for one in wrong})
    still = {(one.name, one.field) for one in left}
    return [one for one in wrong if (one.name, one.field) not in still], left
