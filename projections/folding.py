"""A batch of messages becomes a batch of documents: each document once, however many events it has heard. Pure.

An event is folded into a document only if it lies beyond the document's own position: so it does not matter how often
it is delivered. Where one can't be folded, it is set aside, and so is every later event of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from eventing.consuming import Mark, Partition
from eventing.errors import OrderloomError, Unreadable
from eventing.parking import QUEUED_BEHIND, Cause, ParkedKey
from projections.hearing import Taken
from projections.ports import NOTHING, NOWHERE, UNREADABLE, Change, Stored, ToPark
from projections.read_model import Document, Family, Places, Sums, difference

ABSENT = Stored(0, None)
BEHIND = Cause(QUEUED_BEHIND, "An earlier event of the same key waits here: this one follows it.", 0)


@dataclass(slots=True)
class Folded:
    """One document of a batch."""

    family: Family
    partition: Partition
    base: Stored
    """As it was found, before this batch."""
    now: Stored
    takens: list[Taken] = field(default_factory=list)
    """What was folded in."""


@dataclass(slots=True)
class Batch:
    documents: dict[str, Folded] = field(default_factory=dict)
    marks: dict[Partition, Mark] = field(default_factory=dict)
    """Where each partition stands when all of this is kept."""
    parked: list[ToPark] = field(default_factory=list)
    parked_keys: set[ParkedKey] = field(default_factory=set)
    """Keys of which something was parked here for the first time."""
    events: int = 0
    stale: list[str] = field(default_factory=list)
    """Documents that turned out otherwise than they were folded here."""
    is_doubtful: bool = False
    """Some of them may have been repaired since: they are folded again before they are written."""

    def changes(self) -> list[Change]:
        """What has to be written. What stands in the store may be readable and still nothing that a model has made: if
        it breaks the model's sums or places, that concerns its own key as well, and all others go on."""
        found = []
        for one, folded in list(self.documents.items()):
            try:
                change = changed(one, folded)
            except Exception as error:  # noqa: BLE001
                self.set_aside(one, Cause("fold_failed", f"What follows from {one} can't be told: {error!r}."))
                continue
            if change is not None:
                found.append(change)
        return found

    def set_aside(self, document_id: str, cause: Cause) -> None:
        """Nothing of it is written: what was folded into it waits."""
        self.stale.append(document_id)
        self.park(self.documents.pop(document_id).takens, cause)

    def park(self, takens: Iterable[Taken], cause: Cause) -> None:
        for taken in takens:
            self.parked.append(to_park(taken, cause))
            self.parked_keys.add(_key(taken))


def documents_of(taken: Taken) -> Sequence[str]:
    """The ids of the documents that this event is about."""
    heard = taken.heard
    return [] if heard is None else [family.id_of(family.key(heard)) for family in taken.families]


def needed(takens: Iterable[Taken]) -> Sequence[str]:
    """The documents that these events build on, each once.

    One that begins here is not among them. If it was delivered before, all that followed it comes again as well, and
    makes of nothing what is there; a store notices that it is there and does not let it go backwards.
    """
    found: dict[str, bool] = {}
    for taken in takens:
        if taken.heard is not None:
            for family in taken.families:
                document_id = family.id_of(family.key(taken.heard))
                if document_id not in found:
                    found[document_id] = not isinstance(taken.heard.event, family.begins)
    return [document_id for document_id, is_needed in found.items() if is_needed]


def fold_batch(
    batch: Batch, takens: Iterable[Taken], bases: Mapping[str, Stored], parked: Collection[ParkedKey]
) -> None:
    """Folds in the order of the messages. `bases` has what the store has; what is missing there is nowhere."""
    for taken in takens:
        if not taken.families and taken.cause is None:
            continue
        if (parked and _key(taken) in parked) or (batch.parked_keys and _key(taken) in batch.parked_keys):
            batch.parked.append(to_park(taken, BEHIND))
        elif (cause := taken.cause or _fold(batch, taken, bases)) is not None:
            batch.park([taken], cause)


def _key(taken: Taken) -> ParkedKey:
    return ParkedKey(taken.message.partition, taken.message.key)


def _fold(batch: Batch, taken: Taken, bases: Mapping[str, Stored]) -> Cause | None:
    assert taken.heard is not None
    heard = taken.heard
    for family in taken.families:
        document_id = family.id_of(family.key(heard))
        folded = batch.documents.get(document_id)
        if folded is None:
            base = bases.get(document_id, ABSENT)
            if base == UNREADABLE:
                return unreadable(document_id)
            folded = batch.documents[document_id] = Folded(family, taken.message.partition, base, base)
        if heard.position <= folded.now.position:
            continue
        try:
            document = family.fold(folded.now.document, heard)
        except OrderloomError as error:
            return Cause(error.code, str(error))
        except Exception as error:  # noqa: BLE001 - a fold that breaks concerns its own key, and all others go on
            return Cause("fold_failed", f"The fold of {family.id_of('')}{taken.type} broke: {error!r}.")
        if document is not folded.now.document:
            folded.now = Stored(heard.position, document)
        folded.takens.append(taken)
    return None


def changed(document_id: str, folded: Folded) -> Change | None:
    """What has to be written; None where the events have changed nothing."""
    base, now, family = folded.base, folded.now, folded.family
    if now.position == base.position:
        return None
    document = now.document
    return Change(
        document_id,
        base.position,
        now.position,
        folded.partition,
        None if document is None else orjson.dumps(document),
        family.label_of(document),
        _sums(family, base.document, document) if family.sums else NOTHING,
        _places(family, base.document, document) if family.places else NOWHERE,
    )


def unreadable(document_id: str) -> Cause:
    return Cause(
        Unreadable.code,
        f"What the store keeps of {document_id} can't be read: run `orders projections verify` with --repair for this "
        "model, and retry.",
    )


def to_park(taken: Taken, cause: Cause) -> ToPark:
    return ToPark(taken.message, cause, taken.type, taken.position)


def _sums(family: Family, before: Document | None, after: Document | None) -> Sums:
    assert family.sums is not None
    if before is None and after is not None:
        return family.sums(after)
    return difference(_of(family.sums, before), _of(family.sums, after))


def _places(family: Family, before: Document | None, after: Document | None) -> Mapping[str, int | None]:
    assert family.places is not None
    if before is None and after is not None:
        return family.places(after)
    old, new = _of_places(family.places, before), _of_places(family.places, after)
    gone: dict[str, int | None] = dict.fromkeys(name for name in old if name not in new)
    return gone | {name: place for name, place in new.items() if old.get(name) != place}


def _of(sums: Callable[[Document], Sums], document: Document | None) -> Sums:
    return {} if document is None else sums(document)


def _of_places(places: Callable[[Document], Places], document: Document | None) -> Places:
    return {} if document is None else places(document)
