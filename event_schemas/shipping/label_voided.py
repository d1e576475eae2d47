from __future__ import annotations

from eventing.schema import event


@event("shipping.label_voided")
class ShippingLabelVoided:
    """The label is void; one that comes later must be voided too."""

    order_id: str
    tracking_number: str
    """Empty when there had been no label."""
