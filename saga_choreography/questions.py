"""An intent as a question to the outside world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.void_requested import ShippingVoidRequested
from saga_choreography.outcomes import Outcome
from saga_choreography.outside import Carrier, PaymentGateway, Rejected, Unknown

Answer = Outcome | Unknown | Rejected
Ask = Callable[[object], Awaitable[Answer]]
"""Asks what the intent, an event, wants to know."""

NO_QUESTION: Final = "No question to the outside belongs to {}: write it into saga_choreography.questions."


def payment_questions(gateway: PaymentGateway) -> Ask:
    async def ask(intent: object) -> Answer:
        match intent:
            case PaymentRequested():
                return await gateway.charge(
                    intent.provider_key, intent.amount, intent.currency, order_id=intent.order_id
                )
            case PaymentRefundRequested():
                return await gateway.refund(
                    intent.provider_key, intent.charge_reference, intent.amount, intent.currency
                )
            case _:
                raise TypeError(NO_QUESTION.format(type(intent).__name__))

    return ask


def shipping_questions(carrier: Carrier) -> Ask:
    async def ask(intent: object) -> Answer:
        match intent:
            case ShippingRequested():
                return await carrier.book(intent.provider_key, intent.address, order_id=intent.order_id)
            case ShippingVoidRequested():
                return await carrier.void(intent.provider_key, intent.tracking_number)
            case _:
                raise TypeError(NO_QUESTION.format(type(intent).__name__))

    return ask
