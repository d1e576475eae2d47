"""The payment provider over HTTP."""

from __future__ import annotations

from saga_choreography.gateways.answers import CHARGE, REFUND, CapturedAnswer, RefundedAnswer, is_not_found, read
from saga_choreography.gateways.asking import Asking
from saga_choreography.gateways.line import Question, Reply, look
from saga_choreography.gateways.trouble import CONTRADICTION, Trouble
from saga_choreography.outside import Charged, Charging, Declined, NotFound, Refunded, Refunding


class HttpPaymentGateway:
    """`saga_choreography.outside.PaymentGateway`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def charge(self, key: str, amount: int, currency: str, *, order_id: str) -> Charging:
        def agreed(reply: Reply) -> Charged | Declined:
            outcome = _charge(reply, key)
            if isinstance(outcome, Charged):
                _demand_same(outcome, amount, currency)
            return outcome

        body = {"amount": amount, "currency": currency, "order_id": order_id}
        return await self._asking.settle(Question("charge", "charges", key, body), agreed, look("charges", key))

    async def refund(self, key: str, charge_reference: str, amount: int, currency: str) -> Refunding:
        def agreed(reply: Reply) -> Refunded:
            answer = read(REFUND, reply, key)
            if answer.charge != charge_reference:
                raise Trouble(CONTRADICTION, f"It says that {answer.charge} was refunded, not {charge_reference}.")
            _demand_same(answer, amount, currency)
            return Refunded(answer.reference, answer.amount, answer.currency)

        body = {"charge": charge_reference, "amount": amount, "currency": currency}
        return await self._asking.settle(Question("refund", "refunds", key, body), agreed, look("refunds", key))

    async def find(self, key: str) -> Charging | NotFound:
        def found(reply: Reply) -> Charged | Declined | NotFound:
            return NotFound() if is_not_found(reply, key) else _charge(reply, key)

        return await self._asking.settle(look("charges", key), found)


def _charge(reply: Reply, key: str) -> Charged | Declined:
    answer = read(CHARGE, reply, key)
    if isinstance(answer, CapturedAnswer):
        return Charged(answer.reference, answer.amount, answer.currency)
    return Declined(answer.code)


def _demand_same(said: Charged | RefundedAnswer, amount: int, currency: str) -> None:
    if (said.amount, said.currency) != (amount, currency):
        raise Trouble(CONTRADICTION, f"It says {said.amount} {said.currency}, not the {amount} {currency} asked for.")
