"""The catalogue and the stock levels in memory, for tests of everything above the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from command_service.catalogue import Listed
from command_service.commands.products import KEEP_ROW
from command_service.commands.stock import MOVE_LEVEL
from command_service.pricing import Offer
from eventing.errors import Refusal


class MemoryTables:
    def __init__(self) -> None:
        self.catalogue: dict[str, Listed] = {}
        self.available: dict[str, int] = {}
        self.booked: dict[tuple[str, str], int] = {}

    @property
    def inline(self) -> Mapping[str, Callable[[Mapping[str, Any]], None]]:
        return {KEEP_ROW: self._keep_row, MOVE_LEVEL: self._move_level}

    async def read_catalogue(self, skus: Sequence[str]) -> Mapping[str, Listed]:
        return {sku: self.catalogue[sku] for sku in skus if sku in self.catalogue}

    async def read_available(self, skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: self.available[sku] for sku in skus if sku in self.available}

    async def read_booked(self, sku: str, reference: str) -> int | None:
        return self.booked.get((sku, reference))

    def _keep_row(self, row: Mapping[str, Any]) -> None:
        offer = Offer(row["name"], row["unit_price"], row["currency"], row["status"] == "retired")
        self.catalogue[row["sku"]] = Listed(row["version"], offer)

    def _move_level(self, move: Mapping[str, Any]) -> None:
        left = self.available.get(move["sku"], 0) + move["delta"]
        if left < 0:
            raise Refusal("So many pieces are not available any more.", code="below_reserved")
        self.available[move["sku"]] = left
        self.booked[move["sku"], move["reference"]] = move["delta"]
