"""A command that is sent again under its key, over memory."""

from __future__ import annotations

import pytest

from event_schemas.order.placed import OrderPlaced
from eventing.web.auth import Role
from tests.support.write_api import MUG, OFFICE, Client, MemoryPlatform, code, order, placed
from tests.unit.command_service.conftest import As

pytestmark = pytest.mark.usefixtures("mug")


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


async def test_a_retried_change_is_told_its_answer_and_not_that_it_is_stale(alice: Client) -> None:
    order_id = await placed(alice)
    path = f"/v1/orders/{order_id}/delivery-address"
    first = await alice.put(path, OFFICE, if_match='"1"', key="k")

    again = await alice.put(path, OFFICE, if_match='"1"', key="k")

    assert (again.status_code, again.content) == (200, first.content)
