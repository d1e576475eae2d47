from __future__ import annotations

from eventing.schema import event


@event("shipping.failed")
class ShippingFailed:
    """The carrier has refused for good."""

    order_id: str
    reason: str
    """The carrier's code."""
