"""The new build beside the live one, before readers are given the new one. What differs is told, and judged by people.

Documents are compared by digests over ranges of ids that begin anywhere: all of a small model, a sample of a large one.
While orders come in the two are never at the same place at the same moment, so a document counts as different only if
both builds hold it with the same position, or if the live one has one of long ago that the new one lacks.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

import orjson

from projections.ports import DocumentStore, Stored
from projections.rebuilding.outside import Opened, Outside
from projections.replay_ports import Answers

WHOLE: Final = 20_000
"""Documents up to which all are compared."""
RANGES: Final = 32
RANGE: Final = 250
TRIES: Final = 5
"""Questions whose answers differ are asked again: orders come in between."""
BETWEEN_SECONDS: Final = 0.05
_HEX: Final = "0123456789abcdef"


class Comparison(NamedTuple):
    live: int
    new: int
    compared: int
    different: Sequence[str]
    """Both have it at the same position, and it says something else."""
    missing: Sequence[str]
    """The live build has it, and the new one lacks it."""
    questions: int
    answered_otherwise: Sequence[str]

    @property
    def is_equal(self) -> bool:
        return self.live == self.new and not (self.different or self.missing or self.answered_otherwise)


def digest(stored: Stored) -> bytes:
    """Of what a reader sees of it."""
    body = b"" if stored.document is None else orjson.dumps(stored.document, option=orjson.OPT_SORT_KEYS)
    told = b"%d %s\n%s" % (stored.position, stored.label.encode(), body)
    return hashlib.blake2b(told, digest_size=16).digest()


def compare_documents(
    live: DocumentStore, new: DocumentStore, settled: int, *, whole: bool, chance: random.Random
) -> tuple[int, Sequence[str], Sequence[str]]:
    """How many were compared, which differ, which are missing. `settled`: a position that both have passed."""
    compared, different, missing = 0, [], []
    for some in _ranges(live, whole=whole, chance=chance):
        theirs = new.read(list(some))
        compared += len(some)
        if _over(some.values()) == _over(theirs[one] for one in some if one in theirs) and len(theirs) == len(some):
            continue
        for one, stored in some.items():
            other = theirs.get(one)
            if other is None:
                if stored.position <= settled:
                    missing.append(one)
            elif other.position == stored.position and digest(other) != digest(stored):
                different.append(one)
    return compared, different, missing


def _over(documents: Iterable[Stored]) -> bytes:
    whole = hashlib.blake2b()
    for stored in documents:
        whole.update(digest(stored))
    return whole.digest()


def _ranges(live: DocumentStore, *, whole: bool, chance: random.Random) -> Iterable[Mapping[str, Stored]]:
    if whole:
        scanned = live.scan()
        while some := dict(islice(scanned, RANGE)):
            yield some
        return
    for _ in range(RANGES):
        yield dict(islice(live.scan("".join(chance.choices(_HEX, k=8))), RANGE))


def answered_otherwise(live: Answers, new: Answers) -> Sequence[str]:
    return [question for question in live if question in new and live[question] != new[question]]


def compare(outside: Outside, live: Opened, new: Opened) -> Comparison:
    """Builds of different generations look different on purpose: of those only what is missing counts."""
    outside.step("compare", 0, None)
    new.store.refresh()
    live.store.refresh()
    ours, theirs = outside.workbench.count(new.build), outside.workbench.count(live.build)
    marks = new.marks(list(outside.history.ends().offsets))
    settled = min((mark.position for mark in marks.values()), default=0)
    chance = random.Random()  # noqa: S311 - a sample
    compared, different, missing = compare_documents(
        live.store, new.store, settled, whole=theirs <= WHOLE, chance=chance
    )
    if live.build.generation != new.build.generation:
        return Comparison(theirs, ours, compared, [], missing, 0, [])
    questions, otherwise = _ask(outside, live, new)
    return Comparison(theirs, ours, compared, different, missing, questions, otherwise)


def _ask(outside: Outside, live: Opened, new: Opened) -> tuple[int, Sequence[str]]:
    """How many were asked, and which were answered otherwise each time."""
    suspects: set[str] | None = None
    asked = 0
    for _ in range(TRIES):
        live.store.refresh()
        new.store.refresh()
        theirs, ours = outside.workbench.answers(live.build), outside.workbench.answers(new.build)
        asked = len(theirs)
        found = set(answered_otherwise(theirs, ours))
        suspects = found if suspects is None else suspects & found
        if not suspects:
            break
        outside.sleep(BETWEEN_SECONDS)
    return asked, sorted(suspects or ())
