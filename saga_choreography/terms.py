"""What was agreed about an order, as the participants read it in the order's own stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.values import Address
from eventing.errors import Refusal

_BACK = (OrderCancellationRequested, OrderTimedOut, OrderCompensationForced, OrderFailed, OrderCancelled)


@dataclass(frozen=True, slots=True)
class Terms:
    total: int
    currency: str
    address: Address
    goes_back: bool = False
    """The order is being undone or has ended so: nothing new is begun for it."""


def terms(order: Sequence[object]) -> Terms:
    """Of the events in the order's stream."""
    if not order or not isinstance(order[0], OrderPlaced):
        raise Refusal("This is about an order that was never placed.", code="order_not_found")
    placed = order[0]
    agreed = Terms(placed.total, placed.currency, placed.delivery_address)
    for event in order[1:]:
        if isinstance(event, OrderDeliveryAddressChanged):
            agreed = replace(agreed, address=event.address)
        elif isinstance(event, _BACK):
            agreed = replace(agreed, goes_back=True)
    return agreed
