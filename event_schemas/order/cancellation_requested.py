from __future__ import annotations

from eventing.schema import event


@event("order.cancellation_requested")
class OrderCancellationRequested:
    """The order is to be cancelled; what was done for it is now undone, step by step."""

    order_id: str
    reason: str
    """In the words of whoever asked; may be empty."""
