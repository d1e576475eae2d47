"""What the read models have to say of a log, worked out anew: from all events of an order at once, and not one by one.

It shares no line with the folds, so that a mistake has to be made twice to go unnoticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
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


@dataclass
class Shown:
    """Everything that one model has."""

    documents: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Position and document; None for a tombstone."""
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    """Group → field → number, over all partitions; what is zero is left out."""
    lists: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """List → ids with their place, in order."""


def expected(log: Sequence[Told]) -> Mapping[str, Shown]:
    """By model. The log is in order and has each event once."""
    orders = _by_key(log, "order.events.v1")
    return {
        "order_search": _documents(orders, _search),
        "order_summary": _documents(orders, _summary),
        "customer_orders": _customer_orders(orders),
        "sales_by_day": _sales(orders),
        "saga_progress": _saga(orders),
        "stock_and_catalogue": _stock_and_catalogue(log, orders),
    }


Orders = Mapping[str, Sequence[Told]]


def _by_key(log: Iterable[Told], topic: str) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for told in sorted(log, key=lambda one: one.position):
        if told.topic == topic:
            found[told.key].append(told)
    return found


def _documents(orders: Orders, make: Callable[[Sequence[Told]], tuple[int, Any]]) -> Shown:
    return Shown({order: made for order, told in orders.items() if (made := make(told))})


def _time(told: Told) -> str:
    return told.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _status(told: Sequence[Told]) -> str:
    ends = [ENDS[one.type] for one in told if one.type in ENDS]
    turns = [TURNS[one.type] for one in told if one.type in TURNS]
    return (ends[-1:] or turns[:1] or ["placed"])[0]


def _last(told: Sequence[Told], *types: str) -> Told | None:
    return next((one for one in reversed(told) if one.type in types), None)


def _search(told: Sequence[Told]) -> tuple[int, Any]:
    heard = [
        one
        for one in told
        if one.type in {*ENDS, *TURNS, "order.placed", "order.delivery_address_changed"}
        or one.type in {"payment.charged", "payment.refunded", "shipping.label_created"}
    ]
    placed = told[0].event
    address = (found.event.address if (found := _last(told, "order.delivery_address_changed")) else placed.delivery_address)  # noqa: E501  # fmt: skip
    document = {
        "order_id": placed.order_id,
        "customer_id": placed.customer_id,
        "customer_name": placed.customer_name,
        "customer_email": placed.customer_email,
        "status": _status(told),
        "currency": placed.currency,
        "total": placed.total,
        "item_count": sum(line.quantity for line in placed.lines),
        "lines": [asdict(line) for line in placed.lines],
        "item_names": [line.name for line in placed.lines],
        "skus": [line.sku for line in placed.lines],
        "sales_channel": placed.sales_channel,
        "recipient": address.recipient,
        "city": address.city,
        "country": address.country,
        "placed_at": _time(told[0]),
        "updated_at": _time(heard[-1]),
    }
    if charged := _last(told, "payment.charged"):
        document["charged"] = charged.event.amount
    if refunds := [one.event.amount for one in told if one.type == "payment.refunded"]:
        document["refunded"] = sum(refunds)
    if label := _last(told, "shipping.label_created"):
        document |= {"carrier": label.event.carrier, "tracking_number": label.event.tracking_number}
    if (end := _last(told, *ENDS)) is not None:
        document["ended_at"] = _time(end)
        if end.type != "order.confirmed":
            document["reason"] = end.event.reason
    return heard[-1].position, document


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


def _summary(told: Sequence[Told]) -> tuple[int, Any]:
    placed = told[0].event
    address = _last(told, "order.delivery_address_changed")
    label = _last(told, "shipping.label_created", "shipping.label_voided")
    end = _last(told, *ENDS)
    return told[-1].position, {
        "order_id": placed.order_id,
        "customer_id": placed.customer_id,
        "status": _status(told),
        "version": max(one.version for one in told if one.stream.startswith("order-")),
        "currency": placed.currency,
        "total": placed.total,
        "lines": [asdict(line) for line in placed.lines],
        "delivery_address": asdict(address.event.address if address else placed.delivery_address),
        "sales_channel": placed.sales_channel,
        "steps": {one.type.split(".")[0]: STEP_WORDS[one.type] for one in told if one.type in STEP_WORDS},
        "shipment": {"carrier": label.event.carrier, "tracking_number": label.event.tracking_number}
        if label and label.type == "shipping.label_created"
        else None,
        "reason": end.event.reason if end and end.type != "order.confirmed" else None,
        "placed_at": _time(told[0]),
        "updated_at": _time(told[-1]),
        "ended_at": _time(end) if end else None,
    }


def _customer_orders(orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for order, told in orders.items():
        placed, status = told[0].event, _status(told)
        turn = next((one for one in told if one.type in TURNS), None)
        end = _last(told, *ENDS)
        last = end or turn or told[0]
        shown.documents[order] = (
            last.position,
            {
                "order_id": order,
                "customer_id": placed.customer_id,
                "status": status,
                "currency": placed.currency,
                "total": placed.total,
                "item_count": sum(line.quantity for line in placed.lines),
                "items": [line.name for line in placed.lines],
                "placed_at": _time(told[0]),
                "updated_at": _time(last),
                "ended_at": _time(end) if end else None,
                "placed_position": told[0].position,
            },
        )
        mine = numbers[placed.customer_id]
        mine["orders"] += 1
        mine[f"status:{status}"] += 1
        mine[f"total:{placed.currency}"] += placed.total
        if status == "confirmed":
            mine[f"confirmed:{placed.currency}"] += placed.total
        shown.lists.setdefault(f"customer:{placed.customer_id}", []).append((order, told[0].position))
    return _finished(shown, numbers)


def _sales(orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for order, told in orders.items():
        placed = told[0].event
        confirmed = _last(told, "order.confirmed")
        refunds = [one for one in told if one.type == "payment.refunded" and one.event.amount]
        day = confirmed.at.date().isoformat() if confirmed else None
        last = max([told[0], *refunds, *([confirmed] if confirmed else [])], key=lambda one: one.position)
        shown.documents[order] = (
            last.position,
            {
                "order_id": order,
                "currency": placed.currency,
                "total": placed.total,
                "lines": [
                    {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price} for line in placed.lines
                ],
                "confirmed_on": day,
                "refunds": [
                    {"on": one.at.date().isoformat(), "currency": one.event.currency, "amount": one.event.amount}
                    for one in refunds
                ],
            },
        )
        money = placed.currency
        if day:
            numbers[f"day:{day}"][f"orders|{money}"] += 1
            for line in placed.lines:
                revenue = line.quantity * line.unit_price
                numbers[f"day:{day}"][f"revenue|{money}"] += revenue
                numbers[f"day:{day}"][f"quantity|{money}"] += line.quantity
                numbers[f"skus:{day}"][f"quantity|{money}|{line.sku}"] += line.quantity
                numbers[f"skus:{day}"][f"revenue|{money}|{line.sku}"] += revenue
                numbers[f"sku:{line.sku}"][f"quantity|{money}|{day}"] += line.quantity
                numbers[f"sku:{line.sku}"][f"revenue|{money}|{day}"] += revenue
        for one in refunds:
            at = numbers[f"day:{one.at.date().isoformat()}"]
            at[f"refunds|{one.event.currency}"] += 1
            at[f"{'refunded' if day else 'refunded_unsold'}|{one.event.currency}"] += one.event.amount
    return _finished(shown, numbers)


SAGA_STATES = {
    "reserved": "done", "charged": "done", "label_created": "done",
    "rejected": "refused", "declined": "refused", "failed": "refused",
    "released": "undone", "refunded": "undone", "label_voided": "undone",
    "requested": "asked", "refund_requested": "undo_asked", "void_requested": "undo_asked",
    "mischarged": "mischarged", "revoked": "revoked",
}  # fmt: skip
WAY_BACK = ["shipping", "payment", "inventory"]


def _saga(orders: Orders) -> Shown:
    shown = Shown()
    for order, told in orders.items():
        heard = [one for one in told if one.type != "order.delivery_address_changed"]
        document = _saga_document(order, heard)
        shown.documents[order] = heard[-1].position, document
        if document["owed"]:
            for name in ("open", f"owing:{document['owed'][0]}"):
                shown.lists.setdefault(name, []).append((order, told[0].position))
    return _finished(shown, {})


def _saga_document(order: str, told: Sequence[Told]) -> dict[str, Any]:
    steps: dict[str, Any] = {}
    for name in ("inventory", "payment", "shipping"):
        if own := [one for one in told if one.type.startswith(f"{name}.")]:
            states = [SAGA_STATES[STEP_WORDS[one.type]] for one in own]
            asked = sum(state in {"asked", "undo_asked"} for state in states)
            steps[name] = {"state": states[-1], "since": _time(own[-1]), "attempts": asked}
    turn = next((one for one in told if one.type in TURNS), None)
    end = _last(told, *ENDS)
    return {
        "order_id": order,
        "customer_id": told[0].event.customer_id,
        "status": _status(told),
        "steps": steps,
        "owed": [] if end else _owed(steps, turn),
        "turned_by": turn.type if turn else None,
        "turned_at": _time(turn) if turn else None,
        "back_from": _entrance(turn) if turn else None,
        "started_at": _time(told[0]),
        "updated_at": _time(told[-1]),
        "ended_at": _time(end) if end else None,
        "placed_position": told[0].position,
    }


def _entrance(turn: Told) -> str:
    category = turn.type.partition(".")[0]
    return category if category in WAY_BACK else "shipping"


def _owed(steps: Mapping[str, Any], turn: Told | None) -> list[str]:
    state = {name: step["state"] for name, step in steps.items()}
    if turn is None:
        left = [name for name in reversed(WAY_BACK) if state.get(name) != "done"]
    else:
        back = WAY_BACK[WAY_BACK.index(_entrance(turn)) :]
        left = [name for name in back if state.get(name) not in {"refused", "undone"}]
    return [*left, "order"]


def _stock_and_catalogue(log: Sequence[Told], orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for sku, told in _by_key(log, "catalogue.events.v1").items():
        first, last = told[0], told[-1]
        priced = _last(told, "product.registered", "product.repriced")
        assert priced is not None
        shown.documents[f"catalogue/{sku}"] = (
            last.position,
            None
            if last.type == "product.retired"
            else {
                "sku": sku,
                "name": first.event.name,
                "description": first.event.description,
                "unit_price": priced.event.unit_price,
                "currency": priced.event.currency,
                "version": last.version,
                "registered_at": _time(first),
                "updated_at": _time(last),
            },
        )
        if last.type != "product.retired":
            shown.lists.setdefault("catalogue", []).append((f"catalogue/{sku}", 0))
    for sku, told in _by_key(log, "stock.events.v1").items():
        amounts = [one.event.quantity if one.type == "stock.received" else one.event.delta for one in told]
        shown.documents[f"stock/{sku}"] = (
            told[-1].position,
            {"sku": sku, "on_hand": sum(amounts), "version": told[-1].version, "updated_at": _time(told[-1])},
        )
        shown.lists.setdefault("stock", []).append((f"stock/{sku}", 0))
    for order, told in orders.items():
        if heard := [
            one for one in told if one.type in {"inventory.reserved", "inventory.released", "order.confirmed"}
        ]:
            reserved = _last(heard, "inventory.reserved")
            states = {"inventory.reserved": "reserved", "inventory.released": "released", "order.confirmed": "sold"}
            lines = [asdict(line) for line in reserved.event.lines] if reserved else []
            state = states[heard[-1].type]
            shown.documents[f"reservation/{order}"] = (
                heard[-1].position,
                {"order_id": order, "lines": lines, "state": state},
            )
            for line in lines if state != "released" else ():
                numbers[line["sku"]][state] += line["quantity"]
    return _finished(shown, numbers)


def _finished(shown: Shown, numbers: Mapping[str, Counter[str]]) -> Shown:
    shown.sums = {group: dict(fields) for group, fields in numbers.items() if fields}
    shown.lists = {name: sorted(places, key=lambda one: (one[1], one[0])) for name, places in shown.lists.items()}
    return shown
