"""What the outside world has definitely answered. Not being answered is none of these: then it is asked again."""

from __future__ import annotations

from typing import NamedTuple


class Charged(NamedTuple):
    """The provider has taken money: as much as it says, which need not be what it was asked for."""

    amount: int
    """Minor units of the currency."""
    currency: str
    reference: str
    """The provider's own name for the charge."""


class Declined(NamedTuple):
    """The provider has refused for good; no money was taken and none will be under this key."""

    reason: str


class Refunded(NamedTuple):
    """The provider has given money back."""

    amount: int
    currency: str
    reference: str
    """The provider's own name for the refund."""


class LabelCreated(NamedTuple):
    """The carrier has booked the parcel."""

    carrier: str
    tracking_number: str


class LabelRefused(NamedTuple):
    """The carrier has refused for good; there is no label and will be none under this key."""

    reason: str


class LabelVoided(NamedTuple):
    """The carrier has voided the label."""

    tracking_number: str


Outcome = Charged | Declined | Refunded | LabelCreated | LabelRefused | LabelVoided
