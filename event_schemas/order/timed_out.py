from __future__ import annotations

from eventing.schema import event


@event("order.timed_out")
class OrderTimedOut:
    """A deadline has passed before the order had ended; what was done for it is now undone, step by step."""

    order_id: str
    step: str
    """The step that took too long, such as `payment`; `order` when it is the whole order."""
