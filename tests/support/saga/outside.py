"""A payment provider and a carrier with a ledger of their own. What is asked twice under one key happens once.

A call arrives when the scheduler says so, perhaps long after whoever sent it has stopped waiting.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, NamedTuple

from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.void_requested import ShippingVoidRequested
from saga_choreography.outcomes import Outcome
from saga_choreography.outside import Charged, Declined, LabelCreated, Refunded, Refused, Voided


class Call:
    def __init__(self, intent: Any, key: str) -> None:
        self.intent = intent
        self.key = key
        self.reply: Outcome | None = None


class Nature(NamedTuple):
    """How the outside world is disposed towards the orders of a seed."""

    declines: float
    refuses: float
    errs: float
    """Takes another amount or currency than it was asked for."""


class Outside:
    def __init__(self, nature: Nature, rng: random.Random) -> None:
        self._nature = nature
        self._rng = rng
        self._answers: dict[str, Outcome] = {}
        self.captured: Counter[tuple[str, str]] = Counter()
        self.given_back: Counter[tuple[str, str]] = Counter()
        self.captures: Counter[str] = Counter()
        self.labels: dict[str, set[str]] = {}
        self.on_their_way: list[Call] = []

    def arrive(self, call: Call) -> None:
        self.on_their_way.remove(call)
        if call.key not in self._answers:
            self._answers[call.key] = self._carry_out(call)
        call.reply = self._answers[call.key]

    def _carry_out(self, call: Call) -> Outcome:
        match call.intent:
            case PaymentRequested() as asked:
                return self._charge(asked)
            case PaymentRefundRequested() as asked:
                self.given_back[asked.order_id, asked.currency] += asked.amount
                return Refunded(f"re-{len(self._answers)}", asked.amount, asked.currency)
            case ShippingRequested() as asked:
                return self._book(asked)
            case ShippingVoidRequested() as asked:
                self.labels[asked.order_id].discard(asked.tracking_number)
                return Voided(asked.tracking_number)
        raise AssertionError(call.intent)

    def _charge(self, asked: PaymentRequested) -> Outcome:
        if self._rng.random() < self._nature.declines:
            return Declined("insufficient_funds")
        amount, currency = asked.amount, asked.currency
        if self._rng.random() < self._nature.errs:
            amount, currency = self._rng.choice([(amount + 1, currency), (amount, "SEK"), (1, currency)])
        self.captured[asked.order_id, currency] += amount
        self.captures[asked.order_id] += 1
        return Charged(f"ch-{len(self._answers)}", amount, currency)

    def _book(self, asked: ShippingRequested) -> Outcome:
        if self._rng.random() < self._nature.refuses:
            return Refused("address_unknown")
        tracking = f"T{len(self._answers)}"
        self.labels.setdefault(asked.order_id, set()).add(tracking)
        return LabelCreated("Nordpost", tracking)
