"""What the catalogue says of each product, kept in the process so that an order costs one round trip.

A remembered row may be stale. It does no harm: whoever decides on it names the product's stream in the append at the
row's version, so that a stale price becomes a conflict; the row is then read again and the command decided anew. What
is unknown is not remembered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple

from command_service.coalescing import Coalesced
from command_service.pricing import Offer

REMEMBERED: Final = 100_000


class Listed(NamedTuple):
    """A row of the table `catalogue`. Without an offer there is no such product, and its stream is at version 0."""

    version: int
    offer: Offer | None


UNKNOWN: Final = Listed(0, None)

ReadCatalogue = Callable[[Sequence[str]], Awaitable[Mapping[str, Listed]]]
"""The rows of these SKUs, as they are committed now; a SKU without a row is left out."""


class Catalogue:
    def __init__(self, read: ReadCatalogue) -> None:
        self._read = read
        self._rows = Coalesced[str, Listed](self._fetch)
        self._remembered: dict[str, Listed] = {}

    async def listed(self, skus: Collection[str], *, fresh: bool = False) -> dict[str, Listed]:
        known = {} if fresh else {sku: row for sku in skus if (row := self._remembered.get(sku)) is not None}
        if len(known) == len(skus):
            return known
        return known | await self._rows.get([sku for sku in skus if sku not in known])

    async def _fetch(self, skus: Sequence[str]) -> Mapping[str, Listed]:
        rows = await self._read(skus)
        if len(self._remembered) + len(rows) > REMEMBERED:
            self._remembered.clear()
        self._remembered.update(rows)
        return {sku: rows.get(sku, UNKNOWN) for sku in skus}


def offers_of(listed: Mapping[str, Listed]) -> dict[str, Offer]:
    return {sku: row.offer for sku, row in listed.items() if row.offer is not None}
