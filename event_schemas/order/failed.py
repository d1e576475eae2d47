from __future__ import annotations

from typing import Literal

from eventing.schema import event

FailureReason = Literal["insufficient_inventory", "payment_failed", "shipping_failed", "timed_out"]


@event("order.failed")
class OrderFailed:
    """A step could not be done, and everything before it is undone: the order has ended."""

    order_id: str
    reason: FailureReason
