"""Who may see what, for every route of the OpenAPI document. A new route without a row here fails."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import uuid4

import pytest

from event_schemas.product.registered import ProductRegistered
from event_schemas.stock.received import StockReceived
from eventing.web.auth import Role
from tests.support.queries.platform import QueryProcess, Reader, Writer

MAY: Final = 200
MAY_NOT: Final = 403
NOT_FOUND: Final = 404
"""It is somebody else's: that it exists is not told."""
NOBODY: Final = 401

CALLERS: Final = ("owner", "other customer", "operator", "warehouse", "catalogue", "anonymous")
OWN: Final = (MAY, NOT_FOUND, MAY, MAY_NOT, MAY_NOT, NOBODY)
FOUND: Final = (MAY, MAY, MAY, MAY_NOT, MAY_NOT, NOBODY)
ALL: Final = (MAY, MAY, MAY, MAY, MAY, NOBODY)
STAFF: Final = (MAY_NOT, MAY_NOT, MAY, MAY, MAY, NOBODY)
SELLERS: Final = (MAY_NOT, MAY_NOT, MAY, MAY_NOT, MAY, NOBODY)

MATRIX: Final = {
    "/v1/orders": FOUND,
    "/v1/orders/{order_id}": OWN,
    "/v1/orders/{order_id}/history": OWN,
    "/v1/orders/{order_id}/state": OWN,
    "/v1/orders/{order_id}/saga": OWN,
    "/v1/orders/{order_id}/live": OWN,
    "/v1/customers/{customer_id}/orders": OWN,
    "/v1/customers/{customer_id}/live": OWN,
    "/v1/catalogue": ALL,
    "/v1/catalogue/{sku}": ALL,
    "/v1/stock": STAFF,
    "/v1/stock/{sku}": STAFF,
    "/v1/sales": SELLERS,
    "/v1/sales/days/{day}": SELLERS,
    "/v1/sales/products/{sku}": SELLERS,
}
"""Of those who find, each finds its own: what it finds is compared below."""


def readers(api: QueryProcess) -> dict[str, Reader]:
    return {
        "owner": api.as_("owner"),
        "other customer": api.as_("other"),
        "operator": api.as_("operator", Role.OPERATOR),
        "warehouse": api.as_("warehouse", Role.WAREHOUSE),
        "catalogue": api.as_("catalogue", Role.CATALOGUE),
        "anonymous": api.as_(None),
    }


async def test_every_route_of_the_document_has_a_row(api: QueryProcess) -> None:
    document = (await api.http.get("/openapi.json")).json()

    assert set(document["paths"]) == set(MATRIX)
    assert {method for methods in document["paths"].values() for method in methods} == {"get"}
    assert all(len(answers) == len(CALLERS) for answers in MATRIX.values())


@pytest.mark.parametrize("path", MATRIX)
async def test_a_caller_may_or_may_not(api: QueryProcess, writer: Writer, path: str) -> None:
    asked = readers(api)
    order_id, token = await writer.place("owner")
    await goods(writer, "SKU-1")
    await asked["owner"].get("/v1/customers/owner/orders", seen=token, prefer="wait=10")
    where = path.format(order_id=order_id, customer_id="owner", sku="SKU-1", day="2026-11-26")
    query = {"version": "1"} if path.endswith("/state") else {}
    if path.startswith(("/v1/catalogue", "/v1/stock")):
        await until_shown(asked["operator"], "SKU-1")

    for caller, expected in zip(CALLERS, MATRIX[path], strict=True):
        status, text = await status_of(asked[caller], where, query)
        assert status == expected, f"{caller}: {text}"
        if expected != MAY:
            assert order_id not in text.replace(where, "")


async def status_of(reader: Reader, where: str, query: dict[str, str]) -> tuple[int, str]:
    """Of a stream the beginning is enough."""
    async with reader.http.stream("GET", where, headers=reader.headers, params=query) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        return answer.status_code, (await answer.aread()).decode()


async def goods(writer: Writer, sku: str) -> None:
    """Once; the same again is refused by nobody, and shows the same."""
    known = await writer.store.read(f"product-{sku}")
    if not known:
        registered = ProductRegistered(sku=sku, name="Mug", description="", unit_price=1250, currency="EUR")
        await writer.append(f"product-{sku}", registered)
        await writer.append(f"stock-{sku}", StockReceived(sku=sku, quantity=4, reference=uuid4().hex))


async def until_shown(operator: Reader, sku: str) -> None:
    for path in (f"/v1/catalogue/{sku}", f"/v1/stock/{sku}"):
        async with asyncio.timeout(60):
            while (await operator.get(path)).status_code != MAY:
                """It is on its way through the log."""


async def test_who_searches_finds_its_own(api: QueryProcess, writer: Writer) -> None:
    order_id, token = await writer.place("owner")
    asked = readers(api)
    mine = await asked["owner"].get("/v1/orders", seen=token, prefer="wait=10", q=order_id)
    theirs = await asked["other customer"].get("/v1/orders", q=order_id)

    assert [one["order_id"] for one in mine.json()["orders"]] == [order_id]
    assert theirs.json()["orders"] == []
    assert theirs.json()["total"]["count"] == 0
    assert all(not buckets for buckets in theirs.json()["facets"].values())


async def test_what_one_owner_has_warmed_another_does_not_get(api: QueryProcess, writer: Writer) -> None:
    """Orders are kept in the process by their id; whose they are is compared each time."""
    order_id, token = await writer.place("owner")
    asked = readers(api)
    for _ in range(3):
        assert (await asked["owner"].get(f"/v1/orders/{order_id}", seen=token, prefer="wait=10")).status_code == MAY
        assert (await asked["other customer"].get(f"/v1/orders/{order_id}")).status_code == NOT_FOUND
