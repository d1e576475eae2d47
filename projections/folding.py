"""A batch of messages becomes a batch of documents: each document once, however many events it has heard. Pure.

An event is folded into a document only if it lies beyond the document's own position: so it does not matter how often
it is delivered. Where one can't be folded, it is set aside, and so is every later event of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from eventing.consuming import Mark, Partition
from eventing.errors import OrderloomError
from eventing.parking import QUEUED_BEHIND, Cause, ParkedKey
from projections.hearing import Taken
from projections.ports import Change, Stored, ToPark
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

    def changes(self) -> list[Change]:
        return [change for one, folded in self.documents.items() if (change := changed(one, folded)) is not None]


def ids_of(takens: Iterable[Taken]) -> Sequence[str]:
    """The documents that these events are about, each once."""
    found: dict[str, None] = {}
    for taken in takens:
        if taken.heard is not None:
            for family in taken.families:
                found[family.id_of(family.key(taken.heard))] = None
    return list(found)


def fold_batch(
    batch: Batch, takens: Iterable[Taken], bases: Mapping[str, Stored], parked: Collection[ParkedKey]
) -> None:
    """Folds in the order of the messages. `bases` has what the store has; what is missing there is nowhere."""
    for taken in takens:
        if not taken.families and taken.cause is None:
            continue
        key = ParkedKey(taken.message.partition, taken.message.key)
        if key in parked or key in batch.parked_keys:
            batch.parked.append(to_park(taken, BEHIND))
        elif (cause := taken.cause or _fold(batch, taken, bases)) is not None:
            batch.parked.append(to_park(taken, cause))
            batch.parked_keys.add(key)


def _fold(batch: Batch, taken: Taken, bases: Mapping[str, Stored]) -> Cause | None:
    assert taken.heard is not None
    heard = taken.heard
    for family in taken.families:
        document_id = family.id_of(family.key(heard))
        folded = batch.documents.get(document_id)
        if folded is None:
            base = bases.get(document_id, ABSENT)
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
    return Change(
        id=document_id,
        based_on=base.position,
        position=now.position,
        partition=folded.partition,
        body=None if now.document is None else orjson.dumps(now.document),
        label=family.label(now.document) if family.label and now.document is not None else "",
        sums=_sums(family, base.document, now.document),
        places=_places(family, base.document, now.document),
    )


def to_park(taken: Taken, cause: Cause) -> ToPark:
    return ToPark(taken.message, cause, taken.type, taken.position)


def _sums(family: Family, before: Document | None, after: Document | None) -> Sums:
    if family.sums is None:
        return {}
    return difference(_of(family.sums, before), _of(family.sums, after))


def _places(family: Family, before: Document | None, after: Document | None) -> Mapping[str, int | None]:
    if family.places is None:
        return {}
    old, new = _of_places(family.places, before), _of_places(family.places, after)
    gone: dict[str, int | None] = dict.fromkeys(name for name in old if name not in new)
    return gone | {name: place for name, place in new.items() if old.get(name) != place}


def _of(sums: Callable[[Document], Sums], document: Document | None) -> Sums:
    return {} if document is None else sums(document)


def _of_places(places: Callable[[Document], Places], document: Document | None) -> Places:
    return {} if document is None else places(document)
