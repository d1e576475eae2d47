"""Payment takes the order's total when the stock is set aside, and gives back whatever was taken.

No answer is no decline: while the provider owes an answer, an undoing is only written down, and carried out when it is
known whether there is anything to undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never

from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.mischarged import PaymentMischarged
from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.payment.revoked import PaymentRevoked
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_voided import ShippingLabelVoided
from eventing.decider import Decider
from eventing.errors import Refusal
from eventing.schema import type_name
from saga_choreography.outside import Charged, Declined, Refunded
from saga_choreography.participant import Answered, Heard, Intent, Participant, Reaction, Step
from saga_choreography.terms import terms

NAME: Final = "payment"

Input = Heard | Answered
Event = (
    PaymentRequested
    | PaymentCharged
    | PaymentDeclined
    | PaymentMischarged
    | PaymentRevoked
    | PaymentRefundRequested
    | PaymentRefunded
)
Undo = ShippingLabelVoided | ShippingFailed | OrderCompensationForced
Taken = PaymentCharged | PaymentMischarged
Status = Literal["untouched", "asked", "revoked", "charged", "mischarged", "declined", "giving_back", "given_back"]


@dataclass(frozen=True, slots=True)
class Payment:
    status: Status = "untouched"
    taken: Taken | None = None
    """What the provider has captured; at most one charge an order, because it is always asked under one key."""


def decide(asked: Input, payment: Payment) -> Sequence[Event]:
    match asked:
        case Heard(InventoryReserved() as reserved):
            return _charge(reserved, asked, payment)
        case Heard(OrderCompensationForced(step=step)) if step != NAME:
            return []
        case Heard(ShippingLabelVoided() | ShippingFailed() | OrderCompensationForced() as cause):
            return _undo(cause, asked, payment)
        case Answered(PaymentRequested() as request, Charged() as charge):
            return _charged(charge, request, payment)
        case Answered(PaymentRequested() as request, Declined() as refusal):
            return _declined(refusal, request, payment)
        case Answered(PaymentRefundRequested() as request, Refunded() as refund):
            return _refunded(refund, request, payment)
        case _:
            return []


def _charge(reserved: InventoryReserved, heard: Heard, payment: Payment) -> Sequence[Event]:
    if payment.status != "untouched":
        return []
    agreed = terms(heard.seen["order"])
    if agreed.goes_back:
        return []
    return [
        PaymentRequested(
            order_id=reserved.order_id,
            amount=agreed.total,
            currency=agreed.currency,
            provider_key=f"payment-{reserved.order_id}",
        )
    ]


def _undo(cause: Undo, heard: Heard, payment: Payment) -> Sequence[Event]:
    match payment.status:
        case "untouched":
            currency = terms(heard.seen["order"]).currency
            return [PaymentRefunded(order_id=cause.order_id, amount=0, currency=currency, provider_reference="")]
        case "asked":
            return [PaymentRevoked(order_id=cause.order_id, cause=type_name(cause))]
        case "charged":
            assert payment.taken is not None
            return [_give_back(payment.taken)]
        case "revoked" | "declined" | "mischarged" | "giving_back" | "given_back":
            return []
        case _:
            assert_never(payment.status)


def _charged(charge: Charged, request: PaymentRequested, payment: Payment) -> Sequence[Event]:
    if payment.taken is not None:
        return _charged_before(charge, payment.taken)
    as_asked = (charge.amount, charge.currency) == (request.amount, request.currency)
    wanted = as_asked and payment.status in ("asked", "revoked")
    taken = (PaymentCharged if wanted else PaymentMischarged)(
        order_id=request.order_id,
        amount=charge.amount,
        currency=charge.currency,
        provider_reference=charge.reference,
    )
    return [taken] if wanted and payment.status == "asked" else [taken, _give_back(taken)]


def _charged_before(charge: Charged, taken: Taken) -> Sequence[Event]:
    if charge.reference == taken.provider_reference:
        return []
    raise Refusal(
        f"The provider says that it has charged twice under one key, as {taken.provider_reference} and as "
        f"{charge.reference}: settle it with the provider.",
        code="charged_twice",
        order_id=taken.order_id,
    )


def _declined(refusal: Declined, request: PaymentRequested, payment: Payment) -> Sequence[Event]:
    if payment.status in ("asked", "revoked"):
        return [PaymentDeclined(order_id=request.order_id, reason=refusal.code)]
    return []


def _give_back(taken: Taken) -> PaymentRefundRequested:
    return PaymentRefundRequested(
        order_id=taken.order_id,
        amount=taken.amount,
        currency=taken.currency,
        charge_reference=taken.provider_reference,
        provider_key=f"refund-{taken.order_id}",
    )


def _refunded(refund: Refunded, request: PaymentRefundRequested, payment: Payment) -> Sequence[Event]:
    if payment.status != "giving_back":
        return []
    if (refund.amount, refund.currency) != (request.amount, request.currency):
        # To call it refunded would end the order with money missing; the intent stays open, and is seen there.
        raise Refusal(
            f"The provider says that it has given back {refund.amount} {refund.currency} where {request.amount} "
            f"{request.currency} are owed: settle it with the provider.",
            code="wrong_refund",
            order_id=request.order_id,
        )
    return [
        PaymentRefunded(
            order_id=request.order_id,
            amount=refund.amount,
            currency=refund.currency,
            provider_reference=refund.reference,
        )
    ]


def evolve(payment: Payment, event: Event) -> Payment:
    match event:
        case PaymentRequested():
            return replace(payment, status="asked")
        case PaymentRevoked():
            return replace(payment, status="revoked")
        case PaymentCharged():
            return replace(payment, status="charged", taken=event)
        case PaymentMischarged():
            return replace(payment, status="mischarged", taken=event)
        case PaymentDeclined():
            return replace(payment, status="declined")
        case PaymentRefundRequested():
            return replace(payment, status="giving_back")
        case PaymentRefunded():
            return replace(payment, status="given_back")
        case _:
            assert_never(event)


_UNDO: Final = Reaction(emits=(PaymentRefundRequested, PaymentRefunded, PaymentRevoked), looks_at=("order",))

PAYMENT: Final = Participant(
    name=NAME,
    category="payment",
    hears={
        InventoryReserved: Reaction(emits=(PaymentRequested,), looks_at=("order",)),
        ShippingLabelVoided: _UNDO,
        ShippingFailed: Reaction(emits=(PaymentRefundRequested,), looks_at=("order",)),
        OrderCompensationForced: _UNDO,
    },
    intents={
        PaymentRequested: Intent((PaymentCharged, PaymentDeclined, PaymentMischarged), (PaymentRefundRequested,)),
        PaymentRefundRequested: Intent((PaymentRefunded,)),
    },
    decider=Decider(Payment(), decide, evolve),
    step=Step(
        NAME,
        begins=(InventoryReserved,),
        ends=(PaymentCharged, PaymentDeclined, PaymentMischarged, PaymentRefunded),
    ),
    undone_by=(PaymentDeclined, PaymentRefunded),
)
