"""The outside world as the saga sees it: what can be asked of a payment provider and a carrier, and every way it ends.

An outcome is a value. Only some of them are answers:

    definite                     Charged, Declined, Refunded, LabelCreated, Refused, Voided
    not an answer                Unknown   it may have happened or not: ask again under the same key until definite
                                 Rejected  our question is wrong until an operator has changed something
    of a look, never of a deed   NotFound  nothing is written under this key so far; it may still arrive

Neither Unknown nor Rejected is ever a decline: an earlier attempt under the same key may have taken the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from event_schemas.values import Address


@dataclass(frozen=True, slots=True)
class Charged:
    """The money is captured: exactly the amount that was asked for."""

    reference: str
    """The provider's own name for the charge."""
    amount: int
    """Minor units of the currency."""
    currency: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused for good; no money was taken, and under this key none will be."""

    code: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """The whole charge is given back."""

    reference: str
    """The provider's own name for the refund."""
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class LabelCreated:
    """The parcel is booked."""

    carrier: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier won't take the parcel; there is no label, and under this key there will be none."""

    code: str


@dataclass(frozen=True, slots=True)
class Voided:
    """The label is worth nothing any more."""

    tracking_number: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing under this key so far. No answer to what was asked: a request may still be on its way."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have happened or not. Ask again under the same key, not before `retry_after` seconds have passed."""

    why: str
    retry_after: float
    asked: bool = True
    """False when nothing left the house this time: the breaker is open, the bulkhead is full, no time was left."""
    alarming: bool = False
    """True when the provider contradicts what was asked, another amount for example: somebody has to look at it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider does not take the question as it is (400, 401, 403, 404, 409, 422): our mistake or our settings.

    Asking the same again is useless until somebody has changed something. Says nothing about earlier attempts."""

    why: str
    status: int


Charging = Charged | Declined | Unknown | Rejected
Refunding = Refunded | Unknown | Rejected
Booking = LabelCreated | Refused | Unknown | Rejected
Voiding = Voided | Unknown | Rejected


class PaymentGateway(Protocol):
    """Each method may be called any number of times with the same key, and has one effect at most.

    None of them raises for what happens outside. Each returns within the deadline that is carried
    (`eventing.deadline`), or within its settings' own."""

    async def charge(self, key: str, amount: int, currency: str, *, order_id: str) -> Charging: ...
    async def refund(self, key: str, charge_reference: str, amount: int, currency: str) -> Refunding:
        """`key` is the refund's own; `charge_reference` is that of `Charged`, and the amount is the whole of it."""
        ...

    async def find(self, key: str) -> Charging | NotFound:
        """What is written about the charge with this key. The amount is the provider's word, compared with nothing."""
        ...


class Carrier(Protocol):
    """As `PaymentGateway`."""

    async def book(self, key: str, address: Address, *, order_id: str) -> Booking: ...
    async def void(self, key: str, tracking_number: str) -> Voiding: ...
    async def find(self, key: str) -> Booking | NotFound: ...
