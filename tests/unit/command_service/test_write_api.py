"""Orders as their customers see them, over memory."""

from __future__ import annotations

import pytest

from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.placed import OrderPlaced
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.values import Address
from eventing.consistency import ConsistencyToken
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.partitioning import partition_of
from eventing.web.auth import Role
from tests.support.write_api import ADDRESS, OFFICE, PARTITIONS, Client, MemoryPlatform, code, order, placed
from tests.unit.command_service.conftest import As

pytestmark = pytest.mark.usefixtures("mug")


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
