"""The write API as its callers see it, over memory."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import httpx
import pytest

import command_service
from command_service.api.problems import PROBLEMS
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.placed import OrderPlaced
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.values import Address
from eventing.consistency import ConsistencyToken
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.partitioning import partition_of
from eventing.web.auth import Role
from eventing.web.common_problems import COMMON
from tests.support.write_api import ADDRESS, MUG, OFFICE, PARTITIONS, Client, MemoryPlatform, order
from tests.unit.command_service.conftest import As

pytestmark = pytest.mark.usefixtures("mug")


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def placed(client: Client, **changed: Any) -> str:
    response = await client.post("/v1/orders", order(**changed))
    assert response.status_code == 201, response.text
    return str(response.json()["order_id"])


async def happens(platform: MemoryPlatform, stream: str, event: object) -> None:
    """Somebody else, such as a participant of the saga, appends this."""
    new = NewEvent(platform.ports().new_id(), event)
    circumstances = Circumstances(platform.ports().new_id(), "somebody")
    await platform.store.append(Append([StreamWrite(stream, ANY_VERSION, [new])], circumstances))


async def test_an_order_is_placed(alice: Client, platform: MemoryPlatform) -> None:
    response = await alice.post("/v1/orders", order(("MUG-1", 2)))

    body = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/orders/{body['order_id']}"
    assert response.headers["etag"] == '"1"'
    assert response.headers["cache-control"] == "no-store"
    assert body["total"] == 2500
    assert body["lines"] == [{"sku": "MUG-1", "name": "Mug", "quantity": 2, "unit_price": 1250}]
    assert body["delivery_address"] == ADDRESS
    assert (body["customer_id"], body["status"], body["version"]) == ("alice", "placed", 1)
    *_, event = await platform.events()
    assert isinstance(event, OrderPlaced)
    assert (event.order_id, event.total, event.customer_id) == (body["order_id"], 2500, "alice")


async def test_the_token_names_the_partition_that_java_clients_compute(alice: Client) -> None:
    response = await alice.post("/v1/orders", order())

    token = ConsistencyToken.decode(response.headers["consistency-token"])
    assert token == ("order.events.v1", partition_of(response.json()["order_id"], PARTITIONS), 2)


async def test_sent_again_it_has_one_effect_and_the_same_answer(alice: Client, platform: MemoryPlatform) -> None:
    first = await alice.post("/v1/orders", order(), key="k")
    again = await alice.post("/v1/orders", order(), key='"k"')

    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("location", "etag", "consistency-token", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert sum(isinstance(event, OrderPlaced) for event in await platform.events()) == 1


async def test_a_refusal_is_told_again_word_by_word(alice: Client) -> None:
    first = await alice.post("/v1/orders", order(("GHOST", 1)), key="k")
    again = await alice.post("/v1/orders", order(("GHOST", 1)), key="k")

    assert code(first) == (422, "unknown_sku")
    assert (again.status_code, again.content) == (422, first.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_key_belongs_to_one_request_of_one_caller_to_one_operation(alice: Client, as_: As) -> None:
    await alice.post("/v1/orders", order(), key="k")

    assert code(await alice.post("/v1/orders", order(("MUG-1", 3)), key="k")) == (422, "idempotency_key_reused")
    bob = await as_("bob", Role.CUSTOMER).post("/v1/orders", order(), key="k")
    assert (bob.status_code, bob.json()["customer_id"]) == (201, "bob")
    order_id = await placed(alice)
    cancelled = await alice.post(f"/v1/orders/{order_id}/cancellation", {}, key="k", if_match="*")
    assert cancelled.status_code == 202


@pytest.mark.parametrize(
    "path", ["/v1/orders", "/v1/orders/x/cancellation", "/v1/products", "/v1/stock/MUG-1/receipts"]
)
async def test_every_post_needs_a_key(as_: As, path: str) -> None:
    bodies = {"/v1/orders": order(), "/v1/products": MUG, "/v1/stock/MUG-1/receipts": {"quantity": 1, "reference": "n"}}
    everybody = as_("zoe", *Role)

    response = await everybody.post(path, bodies.get(path, {}), key=None, if_match="*")

    assert code(response) == (400, "idempotency_key_missing")


async def test_what_can_t_be_read_is_not_kept_under_the_key(alice: Client) -> None:
    assert (await alice.post("/v1/orders", b"{", key="k")).status_code == 400
    assert (await alice.post("/v1/orders", {**order(), "price": 1}, key="k")).status_code == 422

    assert (await alice.post("/v1/orders", order(), key="k")).status_code == 201


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


async def test_an_order_goes_elsewhere_until_the_carrier_has_it(alice: Client, platform: MemoryPlatform) -> None:
    order_id = await placed(alice)
    path = f"/v1/orders/{order_id}/delivery-address"

    changed = await alice.put(path, OFFICE, if_match='"1"')

    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["delivery_address"] == OFFICE
    asked = ShippingRequested(order_id=order_id, address=Address(**OFFICE), provider_key="p")
    await happens(platform, f"shipment-{order_id}", asked)
    assert code(await alice.put(path, ADDRESS, if_match='"2"')) == (409, "already_shipped")


async def test_a_change_needs_the_version_that_was_seen(alice: Client) -> None:
    order_id = await placed(alice)
    path = f"/v1/orders/{order_id}/delivery-address"
    assert code(await alice.put(path, OFFICE)) == (428, "precondition_required")
    await alice.put(path, OFFICE, if_match='"1"')

    stale = await alice.put(path, ADDRESS, if_match='"1"')

    assert code(stale) == (412, "precondition_failed")
    assert stale.headers["etag"] == '"2"'
    problem = stale.json()
    assert problem["current_version"] == 2
    (since,) = problem["events_since"]
    assert (since["version"], since["type"]) == (2, "order.delivery_address_changed")
    assert since["data"]["address"] == OFFICE
    assert (await alice.put(path, ADDRESS, if_match="*")).status_code == 200


async def test_a_retried_change_is_told_its_answer_and_not_that_it_is_stale(alice: Client) -> None:
    order_id = await placed(alice)
    path = f"/v1/orders/{order_id}/delivery-address"
    first = await alice.put(path, OFFICE, if_match='"1"', key="k")

    again = await alice.put(path, OFFICE, if_match='"1"', key="k")

    assert (again.status_code, again.content) == (200, first.content)


async def test_an_order_is_called_off_until_it_has_ended(alice: Client, platform: MemoryPlatform) -> None:
    order_id, confirmed = await placed(alice), await placed(alice)
    await happens(platform, f"order-{confirmed}", OrderConfirmed(order_id=confirmed))

    response = await alice.post(f"/v1/orders/{order_id}/cancellation", {"reason": "late"}, if_match='"1"')
    ended = await alice.post(f"/v1/orders/{confirmed}/cancellation", {}, if_match='"2"')

    assert (response.status_code, response.json()["status"]) == (202, "cancelling")
    assert code(ended) == (409, "order_ended")
    assert ended.json()["order_status"] == "confirmed"


async def test_another_customer_s_order_is_not_found_and_its_version_not_told(alice: Client, as_: As) -> None:
    order_id = await placed(alice)
    path, eve = f"/v1/orders/{order_id}/cancellation", as_("eve", Role.CUSTOMER)

    real, invented = (
        await eve.post(path, {}, if_match='"9"'),
        await eve.post("/v1/orders/x/cancellation", {}, if_match="*"),
    )

    assert code(real) == code(invented) == (404, "order_not_found")
    assert {**real.json(), "instance": "", "trace_id": ""} == {**invented.json(), "instance": "", "trace_id": ""}
    operator = await as_("olga", Role.OPERATOR).post(path, {}, if_match='"1"')
    assert operator.status_code == 202


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


MISTAKES = [
    ({**order(), "price": 1}, "/price"),
    ({**order(), "customer_id": "eve"}, "/customer_id"),
    (order(("MUG-1", True)), "/lines/0/quantity"),
    (order(("MUG-1", 1.5)), "/lines/0/quantity"),
    (order(("MUG-1", "1")), "/lines/0/quantity"),
    (order(("MUG 1", 1)), "/lines/0/sku"),
    (order(customer_name="A\x00"), "/customer_name"),
    (order(customer_name="A\nB"), "/customer_name"),
    (order(customer_name=" "), "/customer_name"),
    (order(customer_name="x" * 201), "/customer_name"),
    (order(customer_email="nobody"), "/customer_email"),
    (order(delivery_address={**ADDRESS, "country": "de"}), "/delivery_address/country"),
    (order(delivery_address=None), "/delivery_address"),
    (order(sales_channel="A B"), "/sales_channel"),
]


@pytest.mark.parametrize(("body", "pointer"), MISTAKES)
async def test_a_field_that_is_wrong_is_pointed_at(alice: Client, body: dict[str, Any], pointer: str) -> None:
    response = await alice.post("/v1/orders", body)

    assert code(response) == (422, "invalid")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": NaN}', 400),
        (b"[" * 100 + b"]" * 100, 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"\xff", 400),
        (b'{"customer_name": "' + b"x" * 70_000 + b'"}', 413),
        (b'{"lines": [{"sku": "A", "quantity": 1' + b"0" * 5000 + b"}]}", 400),
    ],
)
async def test_what_is_no_acceptable_json_is_refused(alice: Client, body: bytes, status: int) -> None:
    assert (await alice.post("/v1/orders", body)).status_code == status


def test_every_refusal_has_its_row_in_the_table() -> None:
    """A code without a row would be answered as a mere "refused", with no page that explains it."""
    known = {kind.code for kind in (*COMMON, *PROBLEMS)}
    package = Path(str(command_service.__file__)).parent
    raised = {
        keyword.value.value
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }

    assert raised >= {"unknown_sku", "precondition_failed", "idempotency_key_missing"}
    assert raised <= known
