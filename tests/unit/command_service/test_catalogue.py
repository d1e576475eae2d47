"""Remembered prices: cheap while they hold, and never the reason for a wrong order or a wrong refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from command_service.catalogue import UNKNOWN, Catalogue, Listed
from command_service.pricing import Offer

MUG = Listed(1, Offer("Mug", 1250, "EUR"))


class Table:
    def __init__(self) -> None:
        self.rows = {"MUG-1": MUG}
        self.reads: list[Sequence[str]] = []

    async def read(self, skus: Sequence[str]) -> Mapping[str, Listed]:
        self.reads.append(skus)
        return {sku: self.rows[sku] for sku in skus if sku in self.rows}


async def test_a_row_is_read_once() -> None:
    table = Table()
    catalogue = Catalogue(table.read)

    assert await catalogue.listed(["MUG-1"]) == {"MUG-1": MUG}
    assert await catalogue.listed(["MUG-1"]) == {"MUG-1": MUG}
    assert table.reads == [["MUG-1"]]


async def test_what_is_unknown_is_asked_for_each_time() -> None:
    table = Table()
    catalogue = Catalogue(table.read)
    assert await catalogue.listed(["MUG-2"]) == {"MUG-2": UNKNOWN}

    table.rows["MUG-2"] = MUG

    assert await catalogue.listed(["MUG-2"]) == {"MUG-2": MUG}


async def test_a_fresh_look_replaces_what_was_remembered() -> None:
    table = Table()
    catalogue = Catalogue(table.read)
    await catalogue.listed(["MUG-1"])
    table.rows["MUG-1"] = dearer = Listed(2, Offer("Mug", 1300, "EUR"))

    assert await catalogue.listed(["MUG-1"]) == {"MUG-1": MUG}
    assert await catalogue.listed(["MUG-1"], fresh=True) == {"MUG-1": dearer}
    assert await catalogue.listed(["MUG-1"]) == {"MUG-1": dearer}
