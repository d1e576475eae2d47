"""Orders, stock and money: I9 to I14, I24."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.soak.checker.evidence import TERMINAL, Event, Evidence
from tests.soak.checker.finding import Finding

AT_MOST_ONCE = (
    "order.placed",
    "inventory.reserved",
    "inventory.released",
    "payment.requested",
    "payment.charged",
    "payment.refund_requested",
    "payment.refunded",
    "shipping.requested",
    "shipping.label_created",
    "shipping.label_voided",
)
BEFORE = {
    "payment.requested": "inventory.reserved",
    "payment.charged": "payment.requested",
    "payment.refunded": "order.placed",
    "shipping.requested": "payment.charged",
    "shipping.label_created": "shipping.requested",
    "order.confirmed": "shipping.label_created",
}
"""Event → one that has to stand before it in the log, for the same order."""


def once(evidence: Evidence) -> Finding:
    finding = Finding("I9", "each step and each undoing takes place at most once an order")
    for order, events in evidence.by_order.items():
        counts = Counter(event.type for event in events)
        for kind in AT_MOST_ONCE:
            finding.check(counts[kind] <= 1, f"{order}: {counts[kind]} × {kind}: {evidence.history(order)}")
    charges = Counter(effect.order_id for effect in evidence.payments if effect.status == "captured")
    for charged, number in charges.items():
        finding.check(number == 1, f"{charged}: the card was charged {number} times: {evidence.history(str(charged))}")
    return finding


def stock(evidence: Evidence) -> Finding:
    finding = Finding("I10", "no stock is promised twice, at no time; the table of levels equals the events")
    available: dict[str, int] = defaultdict(int)
    reserved: dict[str, int] = defaultdict(int)
    for event in evidence.events:
        for sku, to_available, to_reserved in moves(event):
            available[sku] += to_available
            reserved[sku] += to_reserved
            finding.check(
                available[sku] >= 0 and reserved[sku] >= 0,
                f"{sku} at position {event.position}: {available[sku]} available, {reserved[sku]} reserved"
                f" after {event.type} of {event.key}",
            )
    for sku, kept_available, kept_reserved in evidence.tables.get("stock_levels", ()):
        finding.check(
            (kept_available, kept_reserved) == (available[sku], reserved[sku]),
            f"{sku}: the table says {kept_available}/{kept_reserved}, the events {available[sku]}/{reserved[sku]}",
        )
    return finding


def moves(event: Event) -> list[tuple[str, int, int]]:
    match event.type:
        case "stock.received":
            return [(event.data["sku"], event.data["quantity"], 0)]
        case "stock.adjusted":
            return [(event.data["sku"], event.data["delta"], 0)]
        case "inventory.reserved":
            return [(line["sku"], -line["quantity"], line["quantity"]) for line in event.data["lines"]]
        case "inventory.released":
            return [(line["sku"], line["quantity"], -line["quantity"]) for line in event.data["lines"]]
        case _:
            return []


def money(evidence: Evidence) -> Finding:
    finding = Finding("I11", "captured less refunded is the total of a confirmed order and 0 of any other, to the cent")
    captured: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for effect in evidence.payments:
        if effect.status == "captured":
            captured[str(effect.order_id)] += effect.amount
        if effect.operation == "refund":
            refunded[str(effect.order_id)] += effect.amount
    for order, placed in evidence.orders.items():
        ends = evidence.ended(order)
        kept = captured[order] - refunded[order]
        owed = placed.data["total"] if ends == ["order.confirmed"] else 0
        finding.check(kept >= 0, f"{order}: more was refunded than captured: {evidence.history(order)}")
        if ends:
            finding.check(kept == owed, f"{order} ended {ends}: {kept} kept, {owed} due: {evidence.history(order)}")
    return finding


def undone(evidence: Evidence) -> Finding:
    finding = Finding("I12", "an order that is not confirmed keeps no stock, no money and no label")
    for order in evidence.orders:
        if evidence.ended(order) in ([], ["order.confirmed"]):
            continue
        kinds = {event.type for event in evidence.by_order[order]}
        released = "inventory.reserved" not in kinds or "inventory.released" in kinds
        finding.check(released, f"{order}: stock is still set aside: {evidence.history(order)}")
    voided = {effect.undoes for effect in evidence.labels}
    for label in evidence.labels:
        if label.operation == "book" and label.status == "created" and label.order_id in evidence.orders:
            ends = evidence.ended(str(label.order_id))
            right = not ends or (label.reference in voided) == (ends != ["order.confirmed"])
            finding.check(right, f"{label.order_id} ended {ends}; its label: {label.status}, {label.reference}")
    return finding


def transitions(evidence: Evidence) -> Finding:
    finding = Finding(
        "I13", "steps follow each other as they may; an order ends at most once, and nothing forward follows"
    )
    for order, events in evidence.by_order.items():
        seen: set[str] = set()
        for event in events:
            earlier = BEFORE.get(event.type)
            finding.check(
                earlier is None or earlier in seen,
                f"{order}: {event.type} without {earlier}: {evidence.history(order)}",
            )
            if event.type in TERMINAL:
                finding.check(not seen & TERMINAL, f"{order} ended twice: {evidence.history(order)}")
            seen.add(event.type)
    return finding


def settled(evidence: Evidence) -> Finding:
    finding = Finding("I14", "after the last fault everything comes to its end")
    for order in evidence.orders:
        finding.check(len(evidence.ended(order)) == 1, f"{order} has not ended: {evidence.history(order)}")
    for checkpoint, head in evidence.tables.get("relay", ()):
        finding.check(checkpoint == head, f"the relay stands at {checkpoint} of {head}")
    return finding


def calls(evidence: Evidence) -> Finding:
    finding = Finding("I24", "the provider was asked under one key an order, at least as often as it acted")
    asked = {key for operation, key in evidence.calls if operation == "charge"}
    requested = {event.data["provider_key"] for event in evidence.events if event.type == "payment.requested"}
    finding.check_all(len(asked), (f"{key} was asked for without an intent" for key in sorted(asked - requested)))
    for effect in evidence.payments:
        number = evidence.calls.get((effect.operation, effect.key), 0)
        finding.check(number >= 1, f"{effect.operation} {effect.key} took place without a call")
    return finding


INVARIANTS = (once, stock, money, undone, transitions, settled, calls)
