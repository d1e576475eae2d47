from __future__ import annotations

from event_schemas.values import Address, OrderLine
from eventing.schema import event


@event("order.placed", version=2)
class OrderPlaced:
    """A customer has placed an order, at the prices of the catalogue."""

    order_id: str
    customer_id: str
    customer_name: str
    customer_email: str
    currency: str
    """ISO 4217; one for the whole order."""
    lines: tuple[OrderLine, ...]
    total: int
    """Minor units of the currency: the sum of quantity times unit price."""
    delivery_address: Address
    sales_channel: str = "web"
    """Since version 2; earlier orders all came through the web."""
