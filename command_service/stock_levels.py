"""What the tables beside the events say of a product's stock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from command_service.coalescing import Coalesced

ReadAvailable = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]
"""How much of each product is not promised to an order, as it is committed now; a SKU without a row is left out."""

ReadBooked = Callable[[str, str], Awaitable[int | None]]
"""How much is booked of a product under a reference; None where the reference is new."""


class StockLevels:
    def __init__(self, read: ReadAvailable, booked: ReadBooked) -> None:
        self._read = read
        self._rows = Coalesced[str, int](self._fetch)
        self.booked = booked

    async def available(self, sku: str) -> int:
        return (await self._rows.get([sku]))[sku]

    async def _fetch(self, skus: Sequence[str]) -> Mapping[str, int]:
        rows = await self._read(skus)
        return {sku: rows.get(sku, 0) for sku in skus}
