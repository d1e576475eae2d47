"""A log read for the independent fold: by key, with the words in which the models speak."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.read_models.story import Told

ENDS = {"order.confirmed": "confirmed", "order.failed": "failed", "order.cancelled": "cancelled"}
TURNS = {
    "order.cancellation_requested": "cancelling",
    "order.timed_out": "failing",
    "order.compensation_forced": "failing",
    "inventory.rejected": "failing",
    "payment.declined": "failing",
    "payment.mischarged": "failing",
    "shipping.failed": "failing",
}


STEP_WORDS = {
    "inventory.reserved": "reserved",
    "inventory.rejected": "rejected",
    "inventory.released": "released",
    "payment.requested": "requested",
    "payment.charged": "charged",
    "payment.declined": "declined",
    "payment.mischarged": "mischarged",
    "payment.revoked": "revoked",
    "payment.refund_requested": "refund_requested",
    "payment.refunded": "refunded",
    "shipping.requested": "requested",
    "shipping.label_created": "label_created",
    "shipping.failed": "failed",
    "shipping.revoked": "revoked",
    "shipping.void_requested": "void_requested",
    "shipping.label_voided": "label_voided",
}


@dataclass
class Shown:
    """Everything that one model has."""

    documents: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Position and document; None for a tombstone."""
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    """Group → field → number, over all partitions; what is zero is left out."""
    lists: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """List → ids with their place, in order."""
    labels: dict[str, str] = field(default_factory=dict)
    """What stands before a document, where anything does."""


Orders = Mapping[str, Sequence[Told]]


def by_key(log: Iterable[Told], topic: str) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for told in sorted(log, key=lambda one: one.position):
        if told.topic == topic:
            found[told.key].append(told)
    return found


def time_of(told: Told) -> str:
    return told.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def status_of(told: Sequence[Told]) -> str:
    ends = [ENDS[one.type] for one in told if one.type in ENDS]
    turns = [TURNS[one.type] for one in told if one.type in TURNS]
    return (ends[-1:] or turns[:1] or ["placed"])[0]


def last_of(told: Sequence[Told], *types: str) -> Told | None:
    return next((one for one in reversed(told) if one.type in types), None)


def finished(shown: Shown, numbers: Mapping[str, Counter[str]]) -> Shown:
    shown.sums = {group: dict(fields) for group, fields in numbers.items() if fields}
    shown.lists = {name: sorted(places, key=lambda one: (one[1], one[0])) for name, places in shown.lists.items()}
    return shown
