"""The carrier: books a parcel, and takes its label back."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from pydantic import Field

from outside_world.ledger import Effect, Ledger
from outside_world.trade import NotSo, Operation, Question, Trade

NAME: Final = "Orderloom Parcel"
Line = Annotated[str, Field(min_length=1, max_length=400)]


class Address(Question):
    recipient: Line
    street: Line
    postal_code: Line
    city: Line
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Label(Question):
    order_id: Line
    address: Address


class Void(Question):
    tracking_number: Line


def book(_ledger: Ledger, key: str, asked: Label, declined_as: str | None) -> Effect:
    number = f"OL{secrets.randbelow(10**14):014}"
    status = "refused" if declined_as else "created"
    answer = {"key": key, "status": status}
    answer |= {"code": declined_as} if declined_as else {"carrier": NAME, "tracking_number": number}
    return Effect("book", key, status, number, asked.model_dump(), answer, order_id=asked.order_id)


def void(ledger: Ledger, key: str, asked: Void, _declined_as: str | None) -> Effect:
    label = ledger.named("book", asked.tracking_number)
    if label is None or label.status != "created":
        raise NotSo(404, "no_such_label", f"There is no label {asked.tracking_number}.")
    if ledger.undoing(label.reference) is not None:
        raise NotSo(409, "already_void", f"{asked.tracking_number} was voided under another key.")
    answer = {"key": key, "status": "voided", "tracking_number": label.reference}
    return Effect(
        "void",
        key,
        "voided",
        f"void_{label.reference}",
        asked.model_dump(),
        answer,
        undoes=label.reference,
        order_id=label.order_id,
    )


CARRIER: Final = Trade("carrier", (Operation("book", "labels", Label, book), Operation("void", "voids", Void, void)))
