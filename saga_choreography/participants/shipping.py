"""Shipping books the parcel when the money is there, and is the first to be undone when the order goes back.

No answer is no refusal: while the carrier owes an answer, an undoing is only written down, and carried out when it is
known whether there is a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never

from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.payment.charged import PaymentCharged
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.revoked import ShippingRevoked
from event_schemas.shipping.void_requested import ShippingVoidRequested
from eventing.decider import Decider
from eventing.errors import Refusal
from eventing.schema import type_name
from saga_choreography.outside import LabelCreated, Refused, Voided
from saga_choreography.participant import Answered, Heard, Intent, Participant, Reaction, Step
from saga_choreography.terms import terms

NAME: Final = "shipping"

Input = Heard | Answered
Event = (
    ShippingRequested
    | ShippingLabelCreated
    | ShippingFailed
    | ShippingRevoked
    | ShippingVoidRequested
    | ShippingLabelVoided
)
Undo = OrderCancellationRequested | OrderTimedOut | OrderCompensationForced
Status = Literal["untouched", "asked", "revoked", "labelled", "failed", "voiding", "voided"]


@dataclass(frozen=True, slots=True)
class Shipment:
    status: Status = "untouched"
    label: LabelCreated | None = None
    """What the carrier has booked; at most one label an order, because it is always asked under one key."""


def decide(asked: Input, shipment: Shipment) -> Sequence[Event]:
    match asked:
        case Heard(PaymentCharged() as charged):
            return _book(charged, asked, shipment)
        case Heard(OrderCompensationForced(step=step)) if step != NAME:
            return []
        case Heard(OrderCancellationRequested() | OrderTimedOut() | OrderCompensationForced() as cause):
            return _undo(cause, shipment)
        case Answered(ShippingRequested() as request, LabelCreated() as label):
            return _labelled(label, request, shipment)
        case Answered(ShippingRequested() as request, Refused() as refusal):
            return _refused(refusal, request, shipment)
        case Answered(ShippingVoidRequested() as request, Voided() as voided):
            return _voided(voided, request, shipment)
        case _:
            return []


def _book(charged: PaymentCharged, heard: Heard, shipment: Shipment) -> Sequence[Event]:
    if shipment.status != "untouched":
        return []
    agreed = terms(heard.seen["order"])
    if agreed.goes_back:
        return []
    return [
        ShippingRequested(
            order_id=charged.order_id,
            address=agreed.address,
            provider_key=f"shipment-{charged.order_id}",
        )
    ]


def _undo(cause: Undo, shipment: Shipment) -> Sequence[Event]:
    match shipment.status:
        case "untouched":
            return [ShippingLabelVoided(order_id=cause.order_id, tracking_number="")]
        case "asked":
            return [ShippingRevoked(order_id=cause.order_id, cause=type_name(cause))]
        case "labelled":
            assert shipment.label is not None
            return [_take_back(cause.order_id, shipment.label)]
        case "revoked" | "failed" | "voiding" | "voided":
            return []
        case _:
            assert_never(shipment.status)


def _labelled(label: LabelCreated, request: ShippingRequested, shipment: Shipment) -> Sequence[Event]:
    created = ShippingLabelCreated(
        order_id=request.order_id, carrier=label.carrier, tracking_number=label.tracking_number
    )
    match shipment.status:
        case "asked":
            return [created]
        case "revoked":
            return [created, _take_back(request.order_id, label)]
        case _ if shipment.label is None:
            # A label after a refusal: the order has gone back already, so nobody may take this for its success.
            return [_take_back(request.order_id, label)]
        case _ if shipment.label == label:
            return []
    raise Refusal(
        f"The carrier says that it has booked twice under one key, as {shipment.label.tracking_number} and as "
        f"{label.tracking_number}: settle it with the carrier.",
        code="labelled_twice",
        order_id=request.order_id,
    )


def _take_back(order_id: str, label: LabelCreated) -> ShippingVoidRequested:
    return ShippingVoidRequested(
        order_id=order_id,
        carrier=label.carrier,
        tracking_number=label.tracking_number,
        provider_key=f"void-{order_id}",
    )


def _refused(refusal: Refused, request: ShippingRequested, shipment: Shipment) -> Sequence[Event]:
    if shipment.status in ("asked", "revoked"):
        return [ShippingFailed(order_id=request.order_id, reason=refusal.code)]
    return []


def _voided(voided: Voided, request: ShippingVoidRequested, shipment: Shipment) -> Sequence[Event]:
    if shipment.status != "voiding":
        return []
    if voided.tracking_number != request.tracking_number:
        raise Refusal(
            f"The carrier says that it has voided {voided.tracking_number!r} where {request.tracking_number!r} was "
            "asked for: settle it with the carrier.",
            code="wrong_void",
            order_id=request.order_id,
        )
    return [ShippingLabelVoided(order_id=request.order_id, tracking_number=voided.tracking_number)]


def evolve(shipment: Shipment, event: Event) -> Shipment:
    match event:
        case ShippingRequested():
            return replace(shipment, status="asked")
        case ShippingRevoked():
            return replace(shipment, status="revoked")
        case ShippingLabelCreated():
            return replace(shipment, status="labelled", label=LabelCreated(event.carrier, event.tracking_number))
        case ShippingFailed():
            return replace(shipment, status="failed")
        case ShippingVoidRequested():
            return replace(shipment, status="voiding", label=LabelCreated(event.carrier, event.tracking_number))
        case ShippingLabelVoided():
            return replace(shipment, status="voided")
        case _:
            assert_never(event)


_UNDO: Final = Reaction(emits=(ShippingVoidRequested, ShippingLabelVoided, ShippingRevoked))

SHIPPING: Final = Participant(
    name=NAME,
    category="shipment",
    hears={
        PaymentCharged: Reaction(emits=(ShippingRequested,), looks_at=("order",)),
        OrderCancellationRequested: _UNDO,
        OrderTimedOut: _UNDO,
        OrderCompensationForced: _UNDO,
    },
    intents={
        ShippingRequested: Intent((ShippingLabelCreated, ShippingFailed), (ShippingVoidRequested,)),
        ShippingVoidRequested: Intent((ShippingLabelVoided,)),
    },
    decider=Decider(Shipment(), decide, evolve),
    step=Step(
        NAME,
        begins=(PaymentCharged,),
        ends=(ShippingLabelCreated, ShippingFailed, ShippingLabelVoided),
    ),
    undone_by=(ShippingFailed, ShippingLabelVoided),
)
