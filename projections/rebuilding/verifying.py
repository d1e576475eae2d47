"""Every document beside the fold of the log, while writes go on. What differs is named, and only that.

1. Noted is how far the build has come in each partition. The log is folded key by key up to there, and the store is
   scanned: both become digests over ranges of ids. Nearly all ranges are equal, and nothing more is asked of them.
2. The documents of the others are compared one by one, in groups that fit into memory.
3. Whatever differs then is read once more, together with all events of its key, and folded to the very position that
   it has: so a document that has gone on meanwhile is judged by where it is now.

Keys that are parked are left out: it is known of them that they stand still. So is a key of which an event can't be
read or folded though nothing of it is parked: that event was discarded, projectors have gone on without it, and the log
does not say what else they were told to leave out. It concerns that key alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from eventing.consuming import Mark, Partition
from eventing.errors import Misconfigured, Unreadable
from eventing.parking import Cause
from eventing.partitioning import partition_of
from projections.folding import ABSENT, Folded
from projections.ports import UNREADABLE, Stored
from projections.read_model import Family, Heard, ReadModel
from projections.rebuilding.digests import Digests, digest, range_of, together
from projections.rebuilding.one_event import fold_one
from projections.rebuilding.outside import Opened, Step
from projections.replay_ports import KeyedLog, Told

AT_ONCE: Final = 100_000
"""Documents that are held for comparing."""
CONFIRMED: Final = 500
"""Documents that are read once more at a time."""
SHOWN_EVERY: Final = 1_000


class Finding(NamedTuple):
    kind: Literal["missing", "extra", "different"]
    id: str
    found: Stored | None
    wanted: Stored
    """What the log makes of it."""


class Verdict(NamedTuple):
    documents: int
    """Of the log."""
    findings: Sequence[Finding]
    left_out: int
    """Keys that are parked or can't be folded."""
    looked_at: int
    """Documents that were compared one by one."""
    unfoldable: Sequence[str] = ()
    """Of the keys that were left out, those of which nothing is parked."""


@dataclass(slots=True)
class Verifying:
    model: ReadModel
    opened: Opened
    log: KeyedLog
    partitions: Mapping[str, int]
    """Topic → how many it has."""
    parked: Collection[str]
    step: Step = lambda _step, _done, _total: None
    at_once: int = AT_ONCE
    unfoldable: set[str] = field(default_factory=set)
    """Keys, as they are come upon."""

    def run(self) -> Verdict:
        self._demand_plain_keys()
        applied = self.applied()
        until = max((mark.position for mark in applied.values()), default=0)
        ours, theirs = self._fold_all(applied, until), self._scan_all(applied)
        suspicious = ours.suspicious(theirs)
        counts = [max(pair) for pair in zip(ours.counts, theirs.counts, strict=True)]
        findings: list[Finding] = []
        looked_at = 0
        for group in together(suspicious, counts, self.at_once):
            candidates, looked = self._candidates(applied, until, group)
            looked_at += looked
            findings += self.confirm(candidates)
        unfoldable = sorted(self.unfoldable.difference(self.parked))
        return Verdict(ours.documents, findings, len(self.parked) + len(unfoldable), looked_at, unfoldable)

    def confirm(self, ids: Sequence[str]) -> Iterator[Finding]:
        """Those that are wrong indeed, judged by where they are now."""
        for at in range(0, len(ids), CONFIRMED):
            some = ids[at : at + CONFIRMED]
            self.step("look closer", at + len(some), len(ids))
            applied = self.applied()  # before the documents: what is marked is in them, or was parked before
            parked = self.parked_now()
            kept = self.opened.store.read(some)
            to_judge = [one for one in some if _key(one) not in parked or kept.get(one) == UNREADABLE]
            for family in self.model.families:
                keys = {_key(one): one for one in to_judge if self._family(one) is family}
                for key, told in self.log.of(family, list(keys)).items() if keys else ():
                    wanted = self._wanted(family, told, kept.get(keys[key]), self._bound(family, key, applied))
                    if wanted and (finding := _judged(keys[key], kept.get(keys[key]), wanted)):
                        yield finding
            strangers = (one for one in some if self._family(one) is None)
            yield from (found for one in strangers if (found := _judged(one, kept.get(one), ABSENT)))

    def _wanted(self, family: Family, told: Sequence[Told], found: Stored | None, applied: int) -> Stored | None:
        """Where the document has gone on beyond the mark, what it has to be there; if it is at a place where no event
        is, what it has to be at the mark: no further, because sums are counted by whoever moves the mark."""
        if found is not None and found.position > applied:
            ahead = self.folded(family, told, found.position)
            if ahead is None or ahead.position == found.position:
                return ahead
        return self.folded(family, told, applied)

    def places(self) -> Sequence[Partition]:
        return [Partition(topic, number) for topic, count in self.partitions.items() for number in range(count)]

    def applied(self) -> Mapping[Partition, Mark]:
        return self.opened.marks(self.places())

    def parked_now(self) -> Collection[str]:
        return {one.key for one in self.opened.desk.parked(self.places())}

    def partition_of(self, family: Family, key: str) -> Partition:
        return Partition(family.topic, partition_of(key, self.partitions.get(family.topic, 1)))

    def _fold_all(self, applied: Mapping[Partition, Mark], until: int) -> Digests:
        digests = Digests()
        for done, (one, stored) in enumerate(self._expected(applied, until, None), 1):
            digests.add(one, stored)
            if done % SHOWN_EVERY == 0:
                self.step("fold", done, None)
        return digests

    def _scan_all(self, applied: Mapping[Partition, Mark]) -> Digests:
        self.opened.store.refresh()
        digests = Digests()
        for done, (one, stored) in enumerate(self.opened.store.scan(), 1):
            if done % SHOWN_EVERY == 0:
                self.step("scan", done, None)
            if self._is_left_out(one, stored):
                continue
            family = self._family(one)
            if family is not None and stored.position > self._bound(family, _key(one), applied):
                digests.moving.add(range_of(one))
            elif stored.is_there:
                digests.add(one, stored)
        return digests

    def _candidates(
        self, applied: Mapping[Partition, Mark], until: int, group: frozenset[int]
    ) -> tuple[Sequence[str], int]:
        wanted = {one: digest(one, stored) for one, stored in self._expected(applied, until, group)}
        found = {
            one: digest(one, stored)
            for one, stored in self.opened.store.scan()
            if range_of(one) in group and stored.is_there and not self._is_left_out(one, stored)
        }
        ids = wanted.keys() | found.keys()
        return sorted(one for one in ids if wanted.get(one) != found.get(one)), len(ids)

    def _expected(
        self, applied: Mapping[Partition, Mark], until: int, group: frozenset[int] | None
    ) -> Iterator[tuple[str, Stored]]:
        """The documents that the log makes, without tombstones; of some ranges only, if those are given."""
        for key, told in self.log.keys(until):
            if key not in self.parked and key not in self.unfoldable:
                yield from self._documents(key, told, applied, group)

    def _documents(
        self, key: str, told: Sequence[Told], applied: Mapping[Partition, Mark], group: frozenset[int] | None
    ) -> Sequence[tuple[str, Stored]]:
        """Of one key: all of them, or none where one can't be folded."""
        found: list[tuple[str, Stored]] = []
        for family in self.model.families:
            one = family.id_of(key)
            if group is None or range_of(one) in group:
                stored = self.folded(family, told, self._bound(family, key, applied))
                if stored is None:
                    return ()
                if stored.document is not None:
                    found.append((one, stored))
        return found

    def folded(self, family: Family, told: Sequence[Told], bound: int) -> Stored | None:
        """None where something of it can't be read or folded: then its key is left out."""
        folded = Folded(family, Partition(family.topic, 0), ABSENT, ABSENT)
        for one in told:
            if one.position > bound or family not in self.model.heard_by.get(one.type, ()):
                continue
            if self._fold_one(folded, family, one) is not None:
                self.unfoldable.add(one.key)
                return None
        return folded.now._replace(label=family.label_of(folded.now.document))

    def _fold_one(self, folded: Folded, family: Family, told: Told) -> Cause | None:
        try:
            return fold_one(folded, family, self.log.heard(told))
        except Unreadable as error:
            if "schema_version" in error.facts:
                raise  # this program is older than the log: it can judge nothing
            return Cause(error.code, str(error))

    def _bound(self, family: Family, key: str, applied: Mapping[Partition, Mark]) -> int:
        count = self.partitions.get(family.topic, 0)
        mark = applied.get(Partition(family.topic, partition_of(key, count))) if count else None
        return mark.position if mark else 0

    def _family(self, document_id: str) -> Family | None:
        name = document_id.rpartition("/")[0]
        return next((family for family in self.model.families if family.name == name), None)

    def _is_left_out(self, document_id: str, found: Stored) -> bool:
        """A document that can't be read is not because its key is parked: nothing of it could ever be retried."""
        key = _key(document_id)
        return key in self.unfoldable or (key in self.parked and found != UNREADABLE)

    def _demand_plain_keys(self) -> None:
        for family in self.model.families:
            probe = Heard(None, "order-x", 1, 1, "")
            if family.key is not _PLAIN and family.key(probe) != "x":
                raise Misconfigured(f"{self.model.name} has documents whose id is not the key of a stream.")


_PLAIN: Final = Family.__dataclass_fields__["key"].default


def _key(document_id: str) -> str:
    return document_id.rpartition("/")[2]


def _judged(document_id: str, found: Stored | None, wanted: Stored) -> Finding | None:
    """A tombstone, and nothing at all, are the same to every reader."""
    is_there = found is not None and found.is_there
    if wanted.document is None:
        return Finding("extra", document_id, found, wanted) if is_there else None
    if not is_there:
        return Finding("missing", document_id, found, wanted)
    assert found is not None
    same = digest(document_id, found) == digest(document_id, wanted)
    return None if same else Finding("different", document_id, found, wanted)
