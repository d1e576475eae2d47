"""The payment provider: takes money, and gives back the whole of what it took."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from outside_world.ledger import Effect, Ledger
from outside_world.trade import NotSo, Operation, Question, Trade, new_reference

Amount = Annotated[int, Field(gt=0, lt=2**53)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Charge(Question):
    amount: Amount
    """Minor units."""
    currency: Currency
    order_id: Name


class Refund(Question):
    charge: Name
    """The reference of the charge."""
    amount: Amount
    currency: Currency


def charge(_ledger: Ledger, key: str, asked: Charge, declined_as: str | None) -> Effect:
    reference = new_reference("ch")
    status = "declined" if declined_as else "captured"
    answer: dict[str, Any] = {"key": key, "status": status, "reference": reference}
    answer |= {"code": declined_as} if declined_as else {"amount": asked.amount, "currency": asked.currency}
    return Effect(
        "charge",
        key,
        status,
        reference,
        asked.model_dump(),
        answer,
        order_id=asked.order_id,
        amount=0 if declined_as else asked.amount,
        currency=asked.currency,
    )


def refund(ledger: Ledger, key: str, asked: Refund, _declined_as: str | None) -> Effect:
    taken = ledger.named("charge", asked.charge)
    if taken is None:
        raise NotSo(404, "no_such_charge", f"There is no charge {asked.charge}.")
    if taken.status != "captured":
        raise NotSo(422, "not_captured", f"Nothing was taken by {asked.charge}.")
    if (taken.amount, taken.currency) != (asked.amount, asked.currency):
        raise NotSo(422, "other_amount", f"{asked.charge} took {taken.amount} {taken.currency}; only all is refunded.")
    if ledger.undoing(asked.charge) is not None:
        raise NotSo(409, "already_refunded", f"{asked.charge} was refunded under another key.")
    reference = new_reference("re")
    return Effect(
        "refund",
        key,
        "refunded",
        reference,
        asked.model_dump(),
        {
            "key": key,
            "status": "refunded",
            "reference": reference,
            "charge": asked.charge,
            "amount": asked.amount,
            "currency": asked.currency,
        },
        undoes=asked.charge,
        order_id=taken.order_id,
        amount=asked.amount,
        currency=asked.currency,
    )


PAYMENTS: Final = Trade(
    "payments", (Operation("charge", "charges", Charge, charge), Operation("refund", "refunds", Refund, refund))
)
