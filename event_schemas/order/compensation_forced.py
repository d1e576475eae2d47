from __future__ import annotations

from eventing.schema import event


@event("order.compensation_forced")
class OrderCompensationForced:
    """An operator has sent the order on its way back; whatever of it isn't undone yet is now undone."""

    order_id: str
    reason: str
    """In the operator's words; who it was stands beside the event."""
    step: str
    """The step at which the way back is entered, such as `shipping`: those before it on that way are undone already."""
