"""Orders as they are searched: text over order, customer and items, filters, facets, sorting."""

from __future__ import annotations

from typing import Any, Final

from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.values import Address
from projections.order_life import ENDED, ENDINGS, PLACED, TURNS, status_after
from projections.read_model import Document, Family, Heard, ReadModel, known

NAME: Final = "order_search"

HEARS: Final = (
    OrderPlaced,
    OrderDeliveryAddressChanged,
    PaymentCharged,
    PaymentRefunded,
    ShippingLabelCreated,
    *TURNS,
    *ENDINGS,
)


def fold(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    if isinstance(event, OrderPlaced):
        return _placed(event, heard)
    order = {**known(document, heard), "updated_at": heard.at}
    order["status"] = status_after(order["status"], event)
    match event:
        case OrderDeliveryAddressChanged():
            order |= _destination(event.address)
        case PaymentCharged():
            order["charged"] = event.amount
        case PaymentRefunded():
            order["refunded"] = order.get("refunded", 0) + event.amount
        case ShippingLabelCreated():
            order |= {"carrier": event.carrier, "tracking_number": event.tracking_number}
        case OrderFailed() | OrderCancelled():
            order["reason"] = event.reason
    if order["status"] in ENDED:
        order.setdefault("ended_at", heard.at)
    return order


def _placed(event: OrderPlaced, heard: Heard) -> Document:
    return {
        "order_id": event.order_id,
        "customer_id": event.customer_id,
        "customer_name": event.customer_name,
        "customer_email": event.customer_email,
        "status": PLACED,
        "currency": event.currency,
        "total": event.total,
        "item_count": sum(line.quantity for line in event.lines),
        "lines": [
            {"sku": line.sku, "name": line.name, "quantity": line.quantity, "unit_price": line.unit_price}
            for line in event.lines
        ],
        "item_names": [line.name for line in event.lines],
        "skus": [line.sku for line in event.lines],
        "sales_channel": event.sales_channel,
        **_destination(event.delivery_address),
        "placed_at": heard.at,
        "updated_at": heard.at,
    }


def _destination(address: Address) -> Document:
    return {"recipient": address.recipient, "city": address.city, "country": address.country}


KEYWORD: Final[dict[str, Any]] = {"type": "keyword", "ignore_above": 1024}
FOLDED: Final[dict[str, Any]] = {"type": "keyword", "normalizer": "folded", "ignore_above": 1024}
WORDS: Final[dict[str, Any]] = {"type": "text", "fields": {"exact": FOLDED}}
AMOUNT: Final[dict[str, Any]] = {"type": "long"}
TIME: Final[dict[str, Any]] = {"type": "date_nanos", "format": "strict_date_optional_time_nanos"}

PROPERTIES: Final[dict[str, Any]] = {
    "order_id": {**FOLDED, "fields": {"words": {"type": "text"}}},
    "customer_id": KEYWORD,
    "customer_name": WORDS,
    "customer_email": {**FOLDED, "fields": {"words": {"type": "text"}}},
    "status": KEYWORD,
    "currency": KEYWORD,
    "total": AMOUNT,
    "charged": AMOUNT,
    "refunded": AMOUNT,
    "item_count": AMOUNT,
    "lines": {
        "type": "nested",
        "properties": {"sku": KEYWORD, "name": {"type": "text"}, "quantity": AMOUNT, "unit_price": AMOUNT},
    },
    "item_names": WORDS,
    "skus": KEYWORD,
    "sales_channel": KEYWORD,
    "recipient": {"type": "text"},
    "city": WORDS,
    "country": KEYWORD,
    "carrier": KEYWORD,
    "tracking_number": FOLDED,
    "reason": KEYWORD,
    "placed_at": TIME,
    "updated_at": TIME,
    "ended_at": TIME,
}

ORDER_SEARCH: Final = ReadModel(
    name=NAME,
    generation=1,
    store="elasticsearch",
    families=(Family(name="", topic="order.events.v1", hears=HEARS, fold=fold, begins=(OrderPlaced,)),),
    settings={
        "number_of_shards": 1,
        "number_of_replicas": 0,
        "analysis": {"normalizer": {"folded": {"type": "custom", "filter": ["lowercase"]}}},
    },
    mapping={"dynamic": "strict", "properties": PROPERTIES},
)
