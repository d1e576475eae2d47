"""One order as its customer sees it: the very bytes that a query by id answers with."""

from __future__ import annotations

from typing import Final

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
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
from event_schemas.values import Address
from projections.order_life import ENDED, ENDINGS, PLACED, TURNS, status_after
from projections.read_model import Document, Family, Heard, ReadModel, known

NAME: Final = "order_summary"
STREAM: Final = "order-"
"""Its version is the ETag that a change has to name."""

STEPS: Final[dict[type, tuple[str, str]]] = {
    InventoryReserved: ("inventory", "reserved"),
    InventoryRejected: ("inventory", "rejected"),
    InventoryReleased: ("inventory", "released"),
    PaymentRequested: ("payment", "requested"),
    PaymentCharged: ("payment", "charged"),
    PaymentDeclined: ("payment", "declined"),
    PaymentMischarged: ("payment", "mischarged"),
    PaymentRevoked: ("payment", "revoked"),
    PaymentRefundRequested: ("payment", "refund_requested"),
    PaymentRefunded: ("payment", "refunded"),
    ShippingRequested: ("shipping", "requested"),
    ShippingLabelCreated: ("shipping", "label_created"),
    ShippingFailed: ("shipping", "failed"),
    ShippingRevoked: ("shipping", "revoked"),
    ShippingVoidRequested: ("shipping", "void_requested"),
    ShippingLabelVoided: ("shipping", "label_voided"),
}
HEARS: Final = tuple(dict.fromkeys((OrderPlaced, OrderDeliveryAddressChanged, *TURNS, *ENDINGS, *STEPS)))


def fold(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    if isinstance(event, OrderPlaced):
        return _placed(event, heard)
    order = {**known(document, heard), "updated_at": heard.at}
    order["status"] = status_after(order["status"], event)
    if heard.stream.startswith(STREAM):
        order["version"] = heard.version
    if step := STEPS.get(type(event)):
        order["steps"] = {**order["steps"], step[0]: step[1]}
    match event:
        case OrderDeliveryAddressChanged():
            order["delivery_address"] = _address(event.address)
        case ShippingLabelCreated():
            order["shipment"] = {"carrier": event.carrier, "tracking_number": event.tracking_number}
        case ShippingLabelVoided():
            order["shipment"] = None
        case OrderFailed() | OrderCancelled():
            order["reason"] = event.reason
    if order["status"] in ENDED and order["ended_at"] is None:
        order["ended_at"] = heard.at
    return order


def _placed(event: OrderPlaced, heard: Heard) -> Document:
    return {
        "order_id": event.order_id,
        "customer_id": event.customer_id,
        "status": PLACED,
        "version": heard.version,
        "currency": event.currency,
        "total": event.total,
        "lines": [
            {"sku": line.sku, "name": line.name, "quantity": line.quantity, "unit_price": line.unit_price}
            for line in event.lines
        ],
        "delivery_address": _address(event.delivery_address),
        "sales_channel": event.sales_channel,
        "steps": {},
        "shipment": None,
        "reason": None,
        "placed_at": heard.at,
        "updated_at": heard.at,
        "ended_at": None,
    }


def _address(address: Address) -> Document:
    return {
        "recipient": address.recipient,
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
    }


def label(document: Document) -> str:
    """`version owner`: the ETag, and whose order it is."""
    return f"{document['version']} {document['customer_id']}"


ORDER_SUMMARY: Final = ReadModel(
    name=NAME,
    generation=1,
    store="redis",
    families=(Family(name="", topic="order.events.v1", hears=HEARS, fold=fold, begins=(OrderPlaced,), label=label),),
    announces=True,
)
