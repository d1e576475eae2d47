from __future__ import annotations

from typing import Literal

from eventing.schema import event

FailureReason = Literal[
    "insufficient_inventory", "payment_failed", "shipping_failed", "timed_out", "compensation_forced"
]


@event("order.failed", version=2)
class OrderFailed:
    """A step could not be done, and everything before it is undone: the order has ended."""

    order_id: str
    reason: FailureReason
    """Since version 2 also that an operator has forced it back."""
