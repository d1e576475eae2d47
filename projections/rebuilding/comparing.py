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
from projections.replay_ports import Answers

WHOLE: Final = 20_000
"""Documents up to which all are compared."""
RANGES: Final = 32
RANGE: Final = 250
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
    return hashlib.blake2b(b"%d " % stored.position + body, digest_size=16).digest()


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
