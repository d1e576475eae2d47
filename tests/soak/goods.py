"""What there is in the shop, and who comes: made before it storms, by the staff's own commands."""

from __future__ import annotations

import secrets
from typing import Final

from tests.soak.platform import Platform
from tests.soak.shop import Customer, Shop

CUSTOMERS: Final = 5
SKUS: Final = 12
SCARCE: Final = {1: 40, 4: 25}
"""By rank: how little there is of what many want."""
PLENTY: Final = 100_000


def stock_up(platform: Platform) -> Shop:
    catalogue, warehouse = platform.token("carla", "catalogue"), platform.token("will", "warehouse")
    skus = [f"SKU-{rank:02d}" for rank in range(SKUS)]
    for rank, sku in enumerate(skus):
        product = {
            "sku": sku,
            "name": f"Product {rank}",
            "description": "",
            "unit_price": 500 + rank,
            "currency": "EUR",
        }
        platform.post("/v1/products", product, catalogue)
        receipt = {"quantity": SCARCE.get(rank, PLENTY), "reference": "first delivery"}
        platform.post(f"/v1/stock/{sku}/receipts", receipt, warehouse)
    return Shop(
        [platform.address("write-a"), platform.address("write-b")],
        [platform.address("query-a"), platform.address("query-b")],
        skus,
    )


def customers(platform: Platform) -> list[Customer]:
    names = [f"customer-{number}" for number in range(CUSTOMERS)]
    return [Customer(name, platform.token(name, "customer"), f"Canary{secrets.token_hex(4)}") for name in names]
