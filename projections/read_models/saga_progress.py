"""How far an order has come on its way, or on its way back: what is done, what is owed, how often it was asked for.

The way is inventory → payment → shipping → order; the way back is the same from the other end, entered where the
trouble is. Each step's last word stands under its name. `owed` is what has still to happen, next one first.
The list `open` names the orders that have not ended, `owing:<step>` those that wait for that step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.mischarged import PaymentMischarged
from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.payment.revoked import PaymentRevoked
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.revoked import ShippingRevoked
from event_schemas.shipping.void_requested import ShippingVoidRequested
from projections.order_life import ENDED, ENDINGS, PLACED, TURNS, status_after
from projections.read_model import Document, Family, Heard, Places, ReadModel, known, type_of

NAME: Final = "saga_progress"

FORWARD: Final = ("inventory", "payment", "shipping")
BACK: Final = ("shipping", "payment", "inventory")

STEPS: Final[dict[type, tuple[str, str]]] = {
    InventoryReserved: ("inventory", "done"),
    InventoryRejected: ("inventory", "refused"),
    InventoryReleased: ("inventory", "undone"),
    PaymentRequested: ("payment", "asked"),
    PaymentCharged: ("payment", "done"),
    PaymentDeclined: ("payment", "refused"),
    PaymentMischarged: ("payment", "mischarged"),
    PaymentRevoked: ("payment", "revoked"),
    PaymentRefundRequested: ("payment", "undo_asked"),
    PaymentRefunded: ("payment", "undone"),
    ShippingRequested: ("shipping", "asked"),
    ShippingLabelCreated: ("shipping", "done"),
    ShippingFailed: ("shipping", "refused"),
    ShippingRevoked: ("shipping", "revoked"),
    ShippingVoidRequested: ("shipping", "undo_asked"),
    ShippingLabelVoided: ("shipping", "undone"),
}
NOTHING_LEFT: Final = frozenset({"refused", "undone"})
ASKED: Final = frozenset({"asked", "undo_asked"})

ENTRANCES: Final[dict[type, str]] = {
    InventoryRejected: "inventory",
    PaymentDeclined: "payment",
    PaymentMischarged: "payment",
    ShippingFailed: "shipping",
    OrderCancellationRequested: "shipping",
    OrderTimedOut: "shipping",
}
"""The first step of the way back that may have something to undo."""


def fold(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    if isinstance(event, OrderPlaced):
        return _begun(event, heard)
    saga = {**known(document, heard), "updated_at": heard.at}
    if step := STEPS.get(type(event)):
        saga["steps"] = {**saga["steps"], step[0]: _moved(saga["steps"].get(step[0]), step[1], heard.at)}
    if type(event) in TURNS and saga["status"] == PLACED:
        saga |= {"turned_by": type_of(type(event)), "turned_at": heard.at, "back_from": _entrance(event)}
    elif isinstance(event, OrderCompensationForced):
        saga["back_from"] = _entrance(event)
    saga["status"] = status_after(saga["status"], event)
    if type(event) in ENDINGS:
        saga["ended_at"] = heard.at
    saga["owed"] = list(owed(saga))
    return saga


def owed(saga: Document) -> Sequence[str]:
    """What has still to happen, in its order, before the order has ended."""
    if saga["status"] in ENDED:
        return ()
    states = {step: told["state"] for step, told in saga["steps"].items()}
    if saga["status"] == PLACED:
        return (*(step for step in FORWARD if states.get(step) != "done"), "order")
    way_back = BACK[BACK.index(saga["back_from"]) :]
    return (*(step for step in way_back if states.get(step) not in NOTHING_LEFT), "order")


def _begun(event: OrderPlaced, heard: Heard) -> Document:
    return {
        "order_id": event.order_id,
        "customer_id": event.customer_id,
        "status": PLACED,
        "steps": {},
        "owed": [*FORWARD, "order"],
        "turned_by": None,
        "turned_at": None,
        "back_from": None,
        "started_at": heard.at,
        "updated_at": heard.at,
        "ended_at": None,
        "placed_position": heard.position,
    }


def _moved(step: Document | None, state: str, at: str) -> Document:
    attempts = step["attempts"] if step else 0
    return {"state": state, "since": at, "attempts": attempts + (state in ASKED)}


def _entrance(event: object) -> str:
    if isinstance(event, OrderCompensationForced):
        return event.step if event.step in BACK else BACK[0]
    return ENTRANCES[type(event)]


def places(document: Document) -> Places:
    if not document["owed"]:
        return {}
    since = document["placed_position"]
    return {"open": since, f"owing:{document['owed'][0]}": since}


def label(document: Document) -> str:
    return str(document["customer_id"])


SAGA_PROGRESS: Final = ReadModel(
    name=NAME,
    generation=1,
    store="redis",
    families=(
        Family(
            name="",
            topic="order.events.v1",
            hears=tuple(dict.fromkeys((OrderPlaced, *TURNS, *ENDINGS, *STEPS))),
            fold=fold,
            begins=(OrderPlaced,),
            label=label,
            places=places,
        ),
    ),
)
