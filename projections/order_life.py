"""What each event means for an order as a whole, in the words that all read models share."""

from __future__ import annotations

from typing import Final, Literal

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.failed import OrderFailed
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.mischarged import PaymentMischarged
from event_schemas.shipping.failed import ShippingFailed

Status = Literal["placed", "cancelling", "failing", "confirmed", "failed", "cancelled"]
PLACED: Final[Status] = "placed"
ENDED: Final[frozenset[str]] = frozenset({"confirmed", "failed", "cancelled"})

ENDINGS: Final[dict[type, Status]] = {
    OrderConfirmed: "confirmed",
    OrderFailed: "failed",
    OrderCancelled: "cancelled",
}
TURNS: Final[dict[type, Status]] = {
    OrderCancellationRequested: "cancelling",
    OrderTimedOut: "failing",
    OrderCompensationForced: "failing",
    InventoryRejected: "failing",
    PaymentDeclined: "failing",
    PaymentMischarged: "failing",
    ShippingFailed: "failing",
}
"""From here the way leads back; whichever comes first names it, except that an ending is the last word."""


def status_after(status: str, event: object) -> str:
    kind = type(event)
    if kind in ENDINGS:
        return ENDINGS[kind]
    if status == PLACED and kind in TURNS:
        return TURNS[kind]
    return status
