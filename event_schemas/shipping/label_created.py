from __future__ import annotations

from eventing.schema import event


@event("shipping.label_created")
class ShippingLabelCreated:
    """The carrier has booked the parcel."""

    order_id: str
    carrier: str
    tracking_number: str
