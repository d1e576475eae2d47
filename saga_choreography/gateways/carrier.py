"""The carrier over HTTP."""

from __future__ import annotations

from event_schemas.values import Address
from saga_choreography.gateways.answers import LABEL, VOID, CreatedAnswer, is_not_found, read
from saga_choreography.gateways.asking import Asking
from saga_choreography.gateways.line import Question, Reply, look
from saga_choreography.gateways.trouble import CONTRADICTION, Trouble
from saga_choreography.outside import Booking, LabelCreated, NotFound, Refused, Voided, Voiding


class HttpCarrier:
    """`saga_choreography.outside.Carrier`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def book(self, key: str, address: Address, *, order_id: str) -> Booking:
        body = {"order_id": order_id, "address": _as_body(address)}
        question = Question("book", "labels", key, body)
        return await self._asking.settle(question, lambda reply: _label(reply, key), look("labels", key))

    async def void(self, key: str, tracking_number: str) -> Voiding:
        def agreed(reply: Reply) -> Voided:
            answer = read(VOID, reply, key)
            if answer.tracking_number != tracking_number:
                raise Trouble(CONTRADICTION, f"It says that {answer.tracking_number} is void, not {tracking_number}.")
            return Voided(tracking_number)

        question = Question("void", "voids", key, {"tracking_number": tracking_number})
        return await self._asking.settle(question, agreed, look("voids", key))

    async def find(self, key: str) -> Booking | NotFound:
        def found(reply: Reply) -> LabelCreated | Refused | NotFound:
            return NotFound() if is_not_found(reply, key) else _label(reply, key)

        return await self._asking.settle(look("labels", key), found)


def _label(reply: Reply, key: str) -> LabelCreated | Refused:
    answer = read(LABEL, reply, key)
    if isinstance(answer, CreatedAnswer):
        return LabelCreated(answer.carrier, answer.tracking_number)
    return Refused(answer.code)


def _as_body(address: Address) -> dict[str, str]:
    return {
        "recipient": address.recipient,
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
    }
