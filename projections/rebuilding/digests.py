"""Digests over ranges of keys: a few kilobytes that say whether two million documents are the same. Pure.

A range is what a hash of the id puts into it, so that the order in which documents come does not matter, and a
document that differs makes one range of thousands suspicious.
"""

from __future__ import annotations

import hashlib
from typing import Final
from zlib import crc32

import orjson

from projections.ports import Stored

RANGES: Final = 4096


def digest(document_id: str, stored: Stored) -> int:
    """Of what a reader sees of it: the label too, which says whose it is. The order of its fields says nothing."""
    body = b"" if stored.document is None else orjson.dumps(stored.document, option=orjson.OPT_SORT_KEYS)
    told = b"%s %d %s\n%s" % (document_id.encode(), stored.position, stored.label.encode(), body)
    return int.from_bytes(hashlib.blake2b(told, digest_size=16).digest(), "big")


def range_of(document_id: str) -> int:
    return crc32(document_id.encode()) % RANGES


class Digests:
    def __init__(self) -> None:
        self.counts = [0] * RANGES
        self._sums = [0] * RANGES
        self.moving: set[int] = set()
        """Ranges with a document that has gone on since the checking began: nothing can be said of them as a whole."""

    def add(self, document_id: str, stored: Stored) -> None:
        at = range_of(document_id)
        self.counts[at] += 1
        self._sums[at] ^= digest(document_id, stored)

    @property
    def documents(self) -> int:
        return sum(self.counts)

    def suspicious(self, other: Digests) -> list[int]:
        """Ranges that have to be looked at document by document."""
        return [
            at
            for at in range(RANGES)
            if at in self.moving
            or at in other.moving
            or (self.counts[at], self._sums[at]) != (other.counts[at], other._sums[at])
        ]


def together(ranges: list[int], counts: list[int], most: int) -> list[frozenset[int]]:
    """The ranges in groups whose documents fit into memory."""
    groups: list[frozenset[int]] = []
    group: set[int] = set()
    size = 0
    for at in ranges:
        if group and size + counts[at] > most:
            groups.append(frozenset(group))
            group, size = set(), 0
        group.add(at)
        size += counts[at]
    return [*groups, frozenset(group)] if group else groups
