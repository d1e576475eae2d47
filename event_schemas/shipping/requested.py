from __future__ import annotations

from event_schemas.values import Address
from eventing.schema import event


@event("shipping.requested")
class ShippingRequested:
    """The carrier is about to be asked for a label. Written first, so that a crash can't ask twice."""

    order_id: str
    address: Address
    provider_key: str
    """The idempotency key under which the carrier is asked, however often."""
