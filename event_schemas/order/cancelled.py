from __future__ import annotations

from eventing.schema import event


@event("order.cancelled")
class OrderCancelled:
    """The cancellation is complete, everything is undone: the order has ended."""

    order_id: str
    reason: str
    """What was said when the cancellation was asked for; may be empty."""
