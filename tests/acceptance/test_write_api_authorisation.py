"""Who may do what, for every route of the OpenAPI document. A new route without a row here fails."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest

from eventing.web.auth import Role
from tests.support.write_api import MUG, OFFICE, Client, order
from tests.support.write_api_process import ApiProcess

MAY: Final = "may"
MAY_NOT: Final = 403
NOT_FOUND: Final = 404
"""It is somebody else's: that it exists is not told."""
NOBODY: Final = 401

CALLERS: Final = ("owner", "other customer", "operator", "warehouse", "catalogue", "anonymous")


class Row(NamedTuple):
    body: dict[str, Any]
    answers: tuple[str | int, ...]
    """In the order of CALLERS."""


OWN_ORDERS: Final = (MAY, NOT_FOUND, MAY, MAY_NOT, MAY_NOT, NOBODY)
CATALOGUE: Final = (MAY_NOT, MAY_NOT, MAY_NOT, MAY_NOT, MAY, NOBODY)
WAREHOUSE: Final = (MAY_NOT, MAY_NOT, MAY_NOT, MAY, MAY_NOT, NOBODY)

MATRIX: Final = {
    "POST /v1/orders": Row(order(), (MAY, MAY, MAY_NOT, MAY_NOT, MAY_NOT, NOBODY)),
    "PUT /v1/orders/{order_id}/delivery-address": Row(OFFICE, OWN_ORDERS),
    "POST /v1/orders/{order_id}/cancellation": Row({}, OWN_ORDERS),
    "POST /v1/products": Row(MUG, CATALOGUE),
    "PUT /v1/products/{sku}/price": Row({"unit_price": 1300, "currency": "EUR"}, CATALOGUE),
    "POST /v1/products/{sku}/retirement": Row({}, CATALOGUE),
    "POST /v1/stock/{sku}/receipts": Row({"quantity": 1, "reference": "note"}, WAREHOUSE),
    "POST /v1/stock/{sku}/adjustments": Row({"delta": 1, "reason": "found", "reference": "count"}, WAREHOUSE),
}


def clients(api: ApiProcess) -> dict[str, Client]:
    return {
        "owner": api.as_("owner", Role.CUSTOMER),
        "other customer": api.as_("other", Role.CUSTOMER),
        "operator": api.as_("operator", Role.OPERATOR),
        "warehouse": api.as_("warehouse", Role.WAREHOUSE),
        "catalogue": api.as_("catalogue", Role.CATALOGUE),
        "anonymous": api.as_(None),
    }


async def test_every_route_of_the_document_has_a_row(api: ApiProcess) -> None:
    document = (await api.http.get("/openapi.json")).json()

    routes = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}

    assert routes == set(MATRIX)
    assert all(len(row.answers) == len(CALLERS) for row in MATRIX.values())


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", MATRIX)
async def test_a_caller_may_or_may_not(api: ApiProcess, route: str, caller: str) -> None:
    asked = clients(api)
    method, path = route.split()
    order_id, sku = "", f"SKU-{uuid4().hex}"
    if "{order_id}" in path:
        order_id = (await asked["owner"].post("/v1/orders", order())).json()["order_id"]
    if "{sku}" in path:
        await asked["catalogue"].post("/v1/products", {**MUG, "sku": sku})
    body, answers = MATRIX[route]
    expected = answers[CALLERS.index(caller)]

    answer = await asked[caller].send(method, path.format(order_id=order_id, sku=sku), body, if_match="*")

    assert (MAY if answer.is_success else answer.status_code) == expected, answer.text


async def test_what_may_not_be_done_is_not_done(api: ApiProcess) -> None:
    asked = clients(api)
    order_id = (await asked["owner"].post("/v1/orders", order())).json()["order_id"]
    path = f"/v1/orders/{order_id}/delivery-address"

    for stranger in ("other customer", "warehouse", "catalogue", "anonymous"):
        assert (await asked[stranger].put(path, OFFICE, if_match="*")).is_client_error

    # Had any of them changed it, this version would be stale.
    assert (await asked["owner"].put(path, OFFICE, if_match='"1"')).status_code == 200


async def test_a_key_of_another_caller_gives_nothing_away(api: ApiProcess) -> None:
    asked = clients(api)
    mine = await asked["owner"].post("/v1/orders", order(), key="shared")

    theirs = await asked["other customer"].post("/v1/orders", order(), key="shared")

    assert theirs.status_code == 201
    assert theirs.json()["order_id"] != mine.json()["order_id"]
    assert theirs.json()["customer_id"] == "other"
