"""Products and stock as those who keep them see them, and what their news do to orders; over memory."""

from __future__ import annotations

import pytest

from eventing.web.auth import Role
from tests.support.write_api import MUG, Client, MemoryPlatform, code, order, placed
from tests.unit.command_service.conftest import As

pytestmark = pytest.mark.usefixtures("mug")


async def test_the_price_is_the_catalogue_s_whatever_is_remembered(alice: Client, as_: As) -> None:
    await placed(alice)
    carol = as_("carol", Role.CATALOGUE)
    repriced = await carol.put("/v1/products/MUG-1/price", {"unit_price": 1300, "currency": "EUR"}, if_match='"1"')
    assert (repriced.status_code, repriced.headers["etag"]) == (200, '"2"')

    response = await alice.post("/v1/orders", order(("MUG-1", 1)))

    assert response.json()["total"] == 1300


async def test_another_process_s_news_make_a_conflict_and_the_order_is_decided_anew(
    alice: Client, as_: As, platform: MemoryPlatform
) -> None:
    """The cache of this process is stale, as it is when somebody else's process has changed a price."""
    await placed(alice)
    stale = dict(platform.tables.catalogue)
    carol = as_("carol", Role.CATALOGUE)
    await carol.post("/v1/products/MUG-1/retirement", {}, if_match='"1"')
    fresh = dict(platform.tables.catalogue)

    platform.tables.catalogue = stale
    assert code(await alice.post("/v1/orders", order())) == (409, "conflict")  # the table must follow the events …
    platform.tables.catalogue = fresh
    assert code(await alice.post("/v1/orders", order())) == (422, "retired_sku")  # … and then decides


async def test_products_come_and_go(as_: As) -> None:
    carol = as_("carol", Role.CATALOGUE)
    assert (await carol.post("/v1/products", MUG)).status_code == 200  # registered just so before
    assert code(await carol.post("/v1/products", {**MUG, "name": "Cup"})) == (409, "product_exists")
    assert code(await carol.put("/v1/products/NO/price", {"unit_price": 1, "currency": "EUR"}, if_match="*")) == (
        404,
        "product_not_found",
    )

    retired = await carol.post("/v1/products/MUG-1/retirement", {"reason": "old"}, if_match='"1"')

    assert (retired.status_code, retired.json()["retired"]) == (200, True)
    repriced = await carol.put("/v1/products/MUG-1/price", {"unit_price": 1, "currency": "EUR"}, if_match='"2"')
    assert code(repriced) == (409, "product_retired")


async def test_stock_is_received_and_corrected(as_: As, platform: MemoryPlatform) -> None:
    will = as_("will", Role.WAREHOUSE)
    receipt = {"quantity": 40, "reference": "note-1"}
    first = await will.post("/v1/stock/MUG-1/receipts", receipt)
    again = await will.post("/v1/stock/MUG-1/receipts", receipt)
    count = {"delta": -3, "reason": "broken", "reference": "count-1"}
    corrected = await will.post("/v1/stock/MUG-1/adjustments", count)

    assert first.json() == again.json() == {"sku": "MUG-1", "version": 1, "on_hand": 40}
    assert corrected.json() == {"sku": "MUG-1", "version": 2, "on_hand": 37}
    assert platform.tables.available["MUG-1"] == 37
    too_many = await will.post("/v1/stock/MUG-1/adjustments", {**count, "delta": -38, "reference": "count-2"})
    assert (code(too_many), too_many.json()["available"]) == ((409, "below_reserved"), 37)
    assert code(await will.post("/v1/stock/NO/receipts", receipt)) == (404, "product_not_found")
    assert code(await will.post("/v1/stock/MUG-1/receipts", receipt, if_match='"1"')) == (412, "precondition_failed")
