from __future__ import annotations

from eventing.schema import event


@event("shipping.revoked")
class ShippingRevoked:
    """The label isn't wanted any more, but whether there is one isn't known yet: if there is, it is voided."""

    order_id: str
    cause: str
    """The type of the event that asked for it, such as `order.cancellation_requested`."""
