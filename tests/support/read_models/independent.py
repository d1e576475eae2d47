"""What the read models have to say of a log, worked out anew: from all events of an order at once, and not one by one.

It shares no line with the folds, so that a mistake has to be made twice to go unnoticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.support.read_models.independent_saga import saga
from tests.support.read_models.log_reading import (
    ENDS,
    STEP_WORDS,
    TURNS,
    Orders,
    Shown,
    by_key,
    finished,
    last_of,
    status_of,
    time_of,
)
from tests.support.read_models.story import Told


def expected(log: Sequence[Told]) -> Mapping[str, Shown]:
    """By model. The log is in order and has each event once."""
    orders = by_key(log, "order.events.v1")
    return {
        "order_search": _documents(orders, _search),
        "order_summary": _labelled(_documents(orders, _summary), "version", "customer_id"),
        "customer_orders": _labelled(_customer_orders(orders), "customer_id"),
        "sales_by_day": _sales(orders),
        "saga_progress": _labelled(saga(orders), "customer_id"),
        "stock_and_catalogue": _stock_and_catalogue(log, orders),
    }


def _documents(orders: Orders, make: Callable[[Sequence[Told]], tuple[int, Any]]) -> Shown:
    return Shown({order: make(told) for order, told in orders.items()})


def _labelled(shown: Shown, *fields: str) -> Shown:
    """By what the document says, which is worked out here as well."""
    for order, (_, document) in shown.documents.items():
        shown.labels[order] = " ".join(str(document[name]) for name in fields)
    return shown


def _search(told: Sequence[Told]) -> tuple[int, Any]:
    heard = [
        one
        for one in told
        if one.type in {*ENDS, *TURNS, "order.placed", "order.delivery_address_changed"}
        or one.type in {"payment.charged", "payment.refunded", "shipping.label_created"}
    ]
    placed = told[0].event
    address = (found.event.address if (found := last_of(told, "order.delivery_address_changed")) else placed.delivery_address)  # noqa: E501  # fmt: skip
    document = {
        "order_id": placed.order_id,
        "customer_id": placed.customer_id,
        "customer_name": placed.customer_name,
        "customer_email": placed.customer_email,
        "status": status_of(told),
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
        "placed_at": time_of(told[0]),
        "updated_at": time_of(heard[-1]),
    }
    if charged := last_of(told, "payment.charged"):
        document["charged"] = charged.event.amount
    if refunds := [one.event.amount for one in told if one.type == "payment.refunded"]:
        document["refunded"] = sum(refunds)
    if label := last_of(told, "shipping.label_created"):
        document |= {"carrier": label.event.carrier, "tracking_number": label.event.tracking_number}
    if (end := last_of(told, *ENDS)) is not None:
        document["ended_at"] = time_of(end)
        if end.type != "order.confirmed":
            document["reason"] = end.event.reason
    return heard[-1].position, document


def _summary(told: Sequence[Told]) -> tuple[int, Any]:
    placed = told[0].event
    address = last_of(told, "order.delivery_address_changed")
    label = last_of(told, "shipping.label_created", "shipping.label_voided")
    end = last_of(told, *ENDS)
    return told[-1].position, {
        "order_id": placed.order_id,
        "customer_id": placed.customer_id,
        "status": status_of(told),
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
        "placed_at": time_of(told[0]),
        "updated_at": time_of(told[-1]),
        "ended_at": time_of(end) if end else None,
    }


def _customer_orders(orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for order, told in orders.items():
        placed, status = told[0].event, status_of(told)
        turn = next((one for one in told if one.type in TURNS), None)
        end = last_of(told, *ENDS)
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
                "placed_at": time_of(told[0]),
                "updated_at": time_of(last),
                "ended_at": time_of(end) if end else None,
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
    return finished(shown, numbers)


def _sales(orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for order, told in orders.items():
        placed = told[0].event
        confirmed = last_of(told, "order.confirmed")
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
    return finished(shown, numbers)


def _stock_and_catalogue(log: Sequence[Told], orders: Orders) -> Shown:
    shown = Shown()
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for sku, told in by_key(log, "catalogue.events.v1").items():
        first, last = told[0], told[-1]
        priced = last_of(told, "product.registered", "product.repriced")
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
                "registered_at": time_of(first),
                "updated_at": time_of(last),
            },
        )
        if last.type != "product.retired":
            shown.lists.setdefault("catalogue", []).append((f"catalogue/{sku}", 0))
    for sku, told in by_key(log, "stock.events.v1").items():
        amounts = [one.event.quantity if one.type == "stock.received" else one.event.delta for one in told]
        shown.documents[f"stock/{sku}"] = (
            told[-1].position,
            {"sku": sku, "on_hand": sum(amounts), "version": told[-1].version, "updated_at": time_of(told[-1])},
        )
        shown.lists.setdefault("stock", []).append((f"stock/{sku}", 0))
    for order, of_order in orders.items():
        if heard := [
            one for one in of_order if one.type in {"inventory.reserved", "inventory.released", "order.confirmed"}
        ]:
            reserved = last_of(heard, "inventory.reserved")
            states = {"inventory.reserved": "reserved", "inventory.released": "released", "order.confirmed": "sold"}
            lines = [asdict(line) for line in reserved.event.lines] if reserved else []
            state = states[heard[-1].type]
            shown.documents[f"reservation/{order}"] = (
                heard[-1].position,
                {"order_id": order, "lines": lines, "state": state},
            )
            for line in lines if state != "released" else ():
                numbers[line["sku"]][state] += line["quantity"]
    return finished(shown, numbers)
