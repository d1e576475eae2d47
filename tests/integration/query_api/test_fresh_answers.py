"""What is asked for is shown as fresh as it was asked for, or said not to be."""

from __future__ import annotations

from uuid import uuid4

from eventing.web.auth import Role
from tests.support.queries.platform import QueryProcess, Writer, ids


async def test_an_order_is_shown_right_after_it_was_placed(api: QueryProcess, writer: Writer) -> None:
    order_id, token = await writer.place("alice")

    answer = await api.as_("alice").get(f"/v1/orders/{order_id}", seen=token)

    assert answer.status_code == 200, answer.text
    assert answer.json()["order_id"] == order_id
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["read-source"] == "read-model", answer.headers
    assert answer.headers["consistency-token"]


async def test_everything_about_an_order_can_be_read(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("bob")
    token = await writer.confirm(order_id)
    bob = api.as_("bob")

    whole = await bob.get(f"/v1/orders/{order_id}", seen=token)
    saga = await bob.get(f"/v1/orders/{order_id}/saga", seen=token)
    history = await bob.get(f"/v1/orders/{order_id}/history")
    before = await bob.get(f"/v1/orders/{order_id}/state", version=1)
    listed = await bob.get("/v1/customers/bob/orders", seen=token)
    found = await bob.get("/v1/orders", seen=token, q="mug", sort="-total")

    assert whole.json()["status"] == "confirmed"
    assert saga.json()["owed"] == []
    assert [event["type"] for event in history.json()["events"]] == [
        "order.placed",
        "inventory.reserved",
        "payment.charged",
        "order.confirmed",
    ]
    assert before.json()["status"] == "placed"
    assert listed.json()["counts"] == {"orders": 1, "confirmed": 1}
    assert ids(listed.json()["orders"]) == [order_id]
    assert found.status_code == 200, found.text
    assert ids(found.json()["orders"]) == [order_id]
    assert found.json()["total"] == {"count": 1, "exact": True}
    assert found.json()["facets"]["status"] == [{"value": "confirmed", "count": 1}]


async def test_sales_are_shown_to_those_who_sell(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("carol")
    token = await writer.confirm(order_id)
    seller = api.as_("olga", Role.OPERATOR)

    days = (await seller.get("/v1/sales", seen=token)).json()["days"]
    product = await seller.get("/v1/sales/products/MUG-1", seen=token)

    assert sum(day["EUR"]["orders"] for day in days.values() if day) >= 1
    assert product.json()["days"]


async def test_what_is_not_there_is_not_found(api: QueryProcess) -> None:
    answer = await api.as_("alice").get(f"/v1/orders/{uuid4()}")

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
