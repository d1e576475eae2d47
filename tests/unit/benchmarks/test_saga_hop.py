from __future__ import annotations

import pytest

from benchmarks.hops import saga
from benchmarks.instant_saga import answer
from benchmarks.orders import placed_orders
from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.requested import ShippingRequested
from saga_choreography.outside import Charged, LabelCreated

ORDER = next(placed_orders())


async def test_the_instant_outside_world_charges_what_is_asked_for() -> None:
    asked = PaymentRequested(
        order_id=ORDER.order_id, amount=ORDER.total, currency=ORDER.currency, provider_key="payment-1"
    )

    assert await answer(asked) == Charged(f"charge-{ORDER.order_id}", ORDER.total, ORDER.currency)


async def test_the_instant_outside_world_books_every_parcel() -> None:
    asked = ShippingRequested(order_id=ORDER.order_id, address=ORDER.delivery_address, provider_key="shipment-1")

    assert isinstance(await answer(asked), LabelCreated)


async def test_an_order_that_goes_back_would_spoil_the_figures_and_is_no_answer() -> None:
    asked = PaymentRefundRequested(
        order_id=ORDER.order_id, amount=1, currency="EUR", charge_reference="charge-1", provider_key="refund-1"
    )

    with pytest.raises(TypeError, match="No order goes back"):
        await answer(asked)


def test_one_by_one_has_enough_to_do_to_be_timed() -> None:
    assert saga.ORDERS // saga.ONE_BY_ONE >= 100
