from __future__ import annotations

from eventing.schema import event


@event("shipping.void_requested")
class ShippingVoidRequested:
    """The carrier is about to be asked to void the label. Written first, so that a crash can't lose it."""

    order_id: str
    carrier: str
    tracking_number: str
    provider_key: str
    """The idempotency key under which the carrier is asked, however often."""
