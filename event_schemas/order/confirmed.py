from __future__ import annotations

from eventing.schema import event


@event("order.confirmed")
class OrderConfirmed:
    """Stock, payment and label are there: the order has ended well."""

    order_id: str
