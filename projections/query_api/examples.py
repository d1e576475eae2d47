"""Examples of answers, one of each kind, as the documentation shows them."""

from __future__ import annotations

from typing import Any, Final

from projections.query_api.documented import ORDER_ID

Example = dict[str, Any]

AT: Final = "2026-11-26T09:05:00.120000Z"
ORDER: Final[Example] = {
    "order_id": ORDER_ID,
    "customer_id": "alice",
    "status": "confirmed",
    "version": 2,
    "currency": "EUR",
    "total": 2500,
    "lines": [{"sku": "MUG-1", "name": "Stoneware mug", "quantity": 2, "unit_price": 1250}],
    "delivery_address": {
        "recipient": "Ada Byron",
        "street": "1 Analytical Way",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
    },
    "sales_channel": "web",
    "steps": {"inventory": "reserved", "payment": "charged", "shipping": "label_created"},
    "shipment": {"carrier": "swift", "tracking_number": "SW-1"},
    "reason": None,
    "placed_at": AT,
    "updated_at": AT,
    "ended_at": AT,
}
LISTED: Final[Example] = {
    "order_id": ORDER_ID,
    "customer_id": "alice",
    "status": "confirmed",
    "currency": "EUR",
    "total": 2500,
    "item_count": 2,
    "items": ["Stoneware mug"],
    "placed_at": AT,
    "updated_at": AT,
    "ended_at": AT,
    "placed_position": 41,
}
CUSTOMER_ORDERS: Final[Example] = {
    "orders": [LISTED],
    "counts": {"orders": 3, "confirmed": 2, "placed": 1},
    "totals": {"EUR": 7500},
    "confirmed": {"EUR": 5000},
    "next_cursor": None,
}
FOUND: Final[Example] = {
    "orders": [LISTED],
    "total": {"count": 1, "exact": True},
    "facets": {"status": [{"value": "confirmed", "count": 1}]},
    "next_cursor": None,
}
EVENT: Final[Example] = {
    "position": 41,
    "event_id": "018f6d5e-7c1a-7b3e-9d3f-2a4b6c8d0e20",
    "stream": f"order-{ORDER_ID}",
    "version": 1,
    "type": "order.placed",
    "schema_version": 1,
    "upcast_to": 2,
    "recorded_at": AT,
    "actor": "alice",
    "correlation_id": "018f6d5e-7c1a-7b3e-9d3f-2a4b6c8d0e21",
    "causation_id": None,
    "data": {"order_id": ORDER_ID, "total": 2500},
}
HISTORY: Final[Example] = {"order_id": ORDER_ID, "events": [EVENT], "next_cursor": None}
SAGA: Final[Example] = {
    "order_id": ORDER_ID,
    "customer_id": "alice",
    "status": "placed",
    "steps": {"inventory": {"state": "done", "since": AT, "attempts": 0}},
    "owed": ["payment", "shipping", "order"],
    "turned_by": None,
    "turned_at": None,
    "back_from": None,
    "started_at": AT,
    "updated_at": AT,
    "ended_at": None,
    "placed_position": 41,
}
PRODUCT: Final[Example] = {
    "sku": "MUG-1",
    "name": "Stoneware mug",
    "description": "Holds a third of a litre.",
    "unit_price": 1250,
    "currency": "EUR",
    "version": 1,
    "registered_at": AT,
    "updated_at": AT,
}
PRODUCTS: Final[Example] = {"products": [PRODUCT], "next_cursor": None}
STOCK: Final[Example] = {
    "sku": "MUG-1",
    "version": 1,
    "on_hand": 40,
    "reserved": 2,
    "sold": 5,
    "available": 33,
    "updated_at": AT,
}
STOCKS: Final[Example] = {"stock": [STOCK], "next_cursor": None}
_SOLD: Final = {"orders": 2, "quantity": 4, "revenue": 5000}
SALES: Final[Example] = {"days": {"2026-11-26": {"EUR": _SOLD}}}
SALES_OF_DAY: Final[Example] = {"day": "2026-11-26", "products": {"MUG-1": {"EUR": {"quantity": 4, "revenue": 5000}}}}
SALES_OF_PRODUCT: Final[Example] = {"sku": "MUG-1", "days": {"2026-11-26": {"EUR": {"quantity": 4, "revenue": 5000}}}}
