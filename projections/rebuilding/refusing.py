"""What a store refuses of a stretch: such a document goes as far as the store takes it, and its key waits from there.

A document of a stretch is written once, however many events it has heard, so a refusal does not say which of them was
too much. Then they are written one by one, and what stays is the last state that was taken. A projector sets aside all
that a refused document has heard in one batch: so it may stay at an earlier state than a replay, and at no later one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from eventing.consuming import Mark, Partition
from eventing.parking import Cause, ParkedKey
from projections.folding import BEHIND, Folded, changed
from projections.ports import Change, ToPark
from projections.rebuilding.one_event import fold_one
from projections.replay_ports import Broken, Line

REFUSED: Final = "refused_document"

Write = Callable[[Change], str | None]
"""Writes one document; why the store refuses it, if it does."""


class Work(NamedTuple):
    """A stretch that was folded and is to be kept."""

    lines: Sequence[Line]
    documents: Mapping[str, Folded]
    changes: Sequence[Change]
    parked: Sequence[ToPark]
    marks: Mapping[Partition, Mark]


def set_aside(work: Work, refused: Mapping[str, str], write: Write) -> Sequence[Broken]:
    """What has to be parked besides, in the order of the log: the event that is refused, and what waits behind it."""
    parked = {one.position for one in work.parked}
    lines = [line for line in work.lines if line[1].position not in parked]
    first = _first_refused(work, lines, refused, write)
    found: list[Broken] = []
    for _, heard, partition in lines:
        broken = first.get(ParkedKey(partition, heard.key))
        if broken is not None and heard.position >= broken.position:
            is_first = heard.position == broken.position
            found.append(broken if is_first else broken._replace(position=heard.position, cause=BEHIND))
    return found


def _first_refused(
    work: Work, lines: Sequence[Line], refused: Mapping[str, str], write: Write
) -> Mapping[ParkedKey, Broken]:
    first: dict[ParkedKey, Broken] = {}
    documents = {one: _from_the_beginning(work.documents[one]) for one in refused}
    for families, heard, partition in lines:
        key = ParkedKey(partition, heard.key)
        for family in families:
            one = family.id_of(family.key(heard))
            if key in first or (folded := documents.get(one)) is None:
                continue
            fold_one(folded, family, heard)
            if (change := changed(one, folded)) is None:
                continue
            if (reason := write(change)) is None:
                folded.base = folded.now
            else:
                folded.now = folded.base
                first[key] = Broken(key, heard.position, Cause(REFUSED, f"The store refuses {one}: {reason}"))
    return first


def _from_the_beginning(folded: Folded) -> Folded:
    return Folded(folded.family, folded.partition, folded.base, folded.base)
