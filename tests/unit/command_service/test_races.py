"""What changes between looking and writing is noticed, because what was only looked at is named in the append too.

Each claim is shown twice: as it is, and with the check taken out, when it must fail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from event_schemas.shipping.requested import ShippingRequested
from event_schemas.values import Address
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, AlreadyDone, Append, Appended, StreamWrite
from eventing.ids import uuid7
from eventing.memory import MemoryEventStore
from eventing.web.auth import Role
from tests.support.write_api import ADDRESS, OFFICE, Client, MemoryPlatform, order
from tests.unit.command_service.conftest import As

Happening = Callable[[], Awaitable[object]]


class Racing:
    """Something happens after the command has looked, and before it is appended. Once."""

    def __init__(self, store: MemoryEventStore, happening: Happening, *, checks: bool) -> None:
        self._append = store.append
        self._happening: Happening | None = happening
        self._checks = checks

    async def append(self, append: Append) -> Appended | AlreadyDone:
        if (happening := self._happening) is not None:
            self._happening = None
            await happening()
        if not self._checks:
            append = replace(append, writes=[write for write in append.writes if write.events])
        return await self._append(append)


@pytest.fixture(params=[True, False], ids=["as it is", "without the checks"])
def checks(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def race(monkeypatch: pytest.MonkeyPatch, platform: MemoryPlatform, happening: Happening, *, checks: bool) -> None:
    racing = Racing(platform.store, happening, checks=checks)
    monkeypatch.setattr(platform.store, "append", racing.append)


async def test_the_address_is_not_changed_behind_the_back_of_the_carrier(
    monkeypatch: pytest.MonkeyPatch, platform: MemoryPlatform, alice: Client, mug: str, checks: bool
) -> None:
    order_id = (await alice.post("/v1/orders", order((mug, 1)))).json()["order_id"]
    append = platform.store.append

    async def carrier_is_asked() -> None:
        asked = ShippingRequested(order_id=order_id, address=Address(**ADDRESS), provider_key="p")
        write = StreamWrite(f"shipment-{order_id}", ANY_VERSION, [NewEvent(uuid7(), asked)])
        await append(Append([write], Circumstances(uuid7(), "shipping")))

    race(monkeypatch, platform, carrier_is_asked, checks=checks)
    answer = await alice.put(f"/v1/orders/{order_id}/delivery-address", OFFICE, if_match='"1"')

    changed_too_late = answer.status_code == 200
    assert changed_too_late is not checks
    if checks:
        assert answer.json()["code"] == "already_shipped"


async def test_an_order_is_not_placed_at_a_price_that_has_gone(
    monkeypatch: pytest.MonkeyPatch, platform: MemoryPlatform, alice: Client, as_: As, mug: str, checks: bool
) -> None:
    carol = as_("carol", Role.CATALOGUE)

    async def price_rises() -> None:
        risen = await carol.put(f"/v1/products/{mug}/price", {"unit_price": 2000, "currency": "EUR"}, if_match="*")
        assert risen.status_code == 200

    race(monkeypatch, platform, price_rises, checks=checks)
    answer = await alice.post("/v1/orders", order((mug, 1)))

    assert answer.json()["total"] == (2000 if checks else 1250)


async def test_a_product_is_not_ordered_after_its_retirement(
    monkeypatch: pytest.MonkeyPatch, platform: MemoryPlatform, alice: Client, as_: As, mug: str, checks: bool
) -> None:
    carol = as_("carol", Role.CATALOGUE)

    async def retires() -> None:
        assert (await carol.post(f"/v1/products/{mug}/retirement", {}, if_match="*")).status_code == 200

    race(monkeypatch, platform, retires, checks=checks)
    answer = await alice.post("/v1/orders", order((mug, 1)))

    assert answer.status_code == (422 if checks else 201)
