"""One order, in the words that the tests of the participants share."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import FailureReason, OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.mischarged import PaymentMischarged
from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.payment.revoked import PaymentRevoked
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.revoked import ShippingRevoked
from event_schemas.shipping.void_requested import ShippingVoidRequested
from event_schemas.values import Address, LackingLine, OrderLine, SkuQuantity
from saga_choreography.participant import Heard

ID: Final = "o-1"
HOME: Final = Address(
    recipient="Ada Byron", street="1 Analytical Way", postal_code="10115", city="Berlin", country="DE"
)
OFFICE: Final = replace(HOME, street="2 Engine Court")

PLACED: Final = OrderPlaced(
    order_id=ID,
    customer_id="ada",
    customer_name="Ada Byron",
    customer_email="ada@example.org",
    currency="EUR",
    lines=(
        OrderLine(sku="MUG", name="Mug", quantity=2, unit_price=1250),
        OrderLine(sku="PEN", name="Pen", quantity=1, unit_price=199),
    ),
    total=2699,
    delivery_address=HOME,
)
ELSEWHERE: Final = OrderDeliveryAddressChanged(order_id=ID, address=OFFICE)
CANCELLATION: Final = OrderCancellationRequested(order_id=ID, reason="changed my mind")
TIMED_OUT: Final = OrderTimedOut(order_id=ID, step="payment")
CONFIRMED: Final = OrderConfirmed(order_id=ID)
CANCELLED: Final = OrderCancelled(order_id=ID, reason="changed my mind")

LINES: Final = (SkuQuantity(sku="MUG", quantity=2), SkuQuantity(sku="PEN", quantity=1))
RESERVED: Final = InventoryReserved(order_id=ID, lines=LINES)
REJECTED: Final = InventoryRejected(order_id=ID, lacking=(LackingLine(sku="MUG", wanted=2, available=1),))

TO_CHARGE: Final = PaymentRequested(order_id=ID, amount=2699, currency="EUR", provider_key="payment-o-1")
CHARGED: Final = PaymentCharged(order_id=ID, amount=2699, currency="EUR", provider_reference="ch-1")
MISCHARGED: Final = PaymentMischarged(order_id=ID, amount=26, currency="EUR", provider_reference="ch-1")
DECLINED: Final = PaymentDeclined(order_id=ID, reason="insufficient_funds")
PAYMENT_REVOKED: Final = PaymentRevoked(order_id=ID, cause="shipping.label_voided")
TO_REFUND: Final = PaymentRefundRequested(
    order_id=ID, amount=2699, currency="EUR", charge_reference="ch-1", provider_key="refund-o-1"
)
REFUNDED: Final = PaymentRefunded(order_id=ID, amount=2699, currency="EUR", provider_reference="re-1")
NOTHING_TO_REFUND: Final = PaymentRefunded(order_id=ID, amount=0, currency="EUR", provider_reference="")

TO_SHIP: Final = ShippingRequested(order_id=ID, address=HOME, provider_key="shipment-o-1")
LABELLED: Final = ShippingLabelCreated(order_id=ID, carrier="Nordpost", tracking_number="T-1")
REFUSED: Final = ShippingFailed(order_id=ID, reason="address_unknown")
SHIPPING_REVOKED: Final = ShippingRevoked(order_id=ID, cause="order.cancellation_requested")
TO_VOID: Final = ShippingVoidRequested(order_id=ID, carrier="Nordpost", tracking_number="T-1", provider_key="void-o-1")
VOIDED: Final = ShippingLabelVoided(order_id=ID, tracking_number="T-1")
NOTHING_TO_VOID: Final = ShippingLabelVoided(order_id=ID, tracking_number="")


def failed(reason: FailureReason) -> OrderFailed:
    return OrderFailed(order_id=ID, reason=reason)


def forced(step: str) -> OrderCompensationForced:
    return OrderCompensationForced(order_id=ID, reason="the carrier has closed", step=step)


def released(*lines: SkuQuantity, cause: str) -> InventoryReleased:
    return InventoryReleased(order_id=ID, lines=lines, cause=cause)


def heard(event: object, *order: object, shipment: tuple[object, ...] = (), **available: int) -> Heard:
    """With what the order's own stream says, from its placing on; and what there is of each SKU."""
    return Heard(event, {"order": (PLACED, *order), "shipment": shipment}, available)
