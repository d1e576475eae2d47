"""What documents add up to: the sums and lists of a Redis build as numbers with names. Pure.

a sum      `sum:<group>:<topic>/<partition>`   field → amount, where it is not 0
a list     `list:<name>`                       document id → its place
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from operator import index
from typing import Final, NamedTuple

from eventing.consuming import Partition
from projections.names import place
from projections.read_model import Document, Family

SUM: Final = "sum:"
LIST: Final = "list:"
RANGES: Final = 65_536
_WIDTH: Final = 2**128
_HASHED: Final = 16


class Contribution(NamedTuple):
    name: str
    field: str
    amount: int


def contributions(
    family: Family, document_id: str, document: Document | None, partition: Partition
) -> Iterator[Contribution]:
    if document is None:
        return
    try:
        sums = family.sums(document) if family.sums is not None else {}
        places = family.places(document) if family.places is not None else {}
        found = [
            Contribution(f"{SUM}{group}:{place(partition)}", field, index(amount))
            for (group, field), amount in sums.items()
        ]
        found += [Contribution(f"{LIST}{name}", document_id, index(at)) for name, at in places.items()]
    except Exception:  # noqa: BLE001 - no document that a fold has made: nothing can be told of what it adds
        return
    yield from found


def range_of(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big") % RANGES


class Totals:
    """Digests over ranges of names that contributions can be added to one by one: equal if the sums are, in whichever
    order and portions they come. So what millions of documents add up to is compared without being held."""

    def __init__(self) -> None:
        self._totals = [0] * RANGES

    def add(self, contributed: Iterable[Contribution]) -> None:
        for name, field, amount in contributed:
            at = range_of(name)
            self._totals[at] = (self._totals[at] + _weight(name, field, amount)) % _WIDTH

    def different(self, other: Totals) -> frozenset[int]:
        return frozenset(at for at in range(RANGES) if self._totals[at] != other._totals[at])


def _weight(name: str, field: str, amount: int) -> int:
    """In proportion to an amount; a place is no amount, and stands for itself."""
    if name.startswith(SUM):
        return amount * _hash(f"{name}\n{field}")
    return _hash(f"{name}\n{field}\n{amount}")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=_HASHED).digest(), "big")


Kept = Mapping[str, int]
"""Of one sum or list: amounts that are not 0, or places."""
