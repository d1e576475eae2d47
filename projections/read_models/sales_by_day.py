"""What was sold: by day and by product. A sale counts on the day, in UTC, on which its order was confirmed.

The sums of a group, all by currency, in minor units:
    day:<date>    orders|EUR, quantity|EUR, revenue|EUR, refunds|EUR, refunded|EUR, refunded_unsold|EUR
    skus:<date>   quantity|EUR|<sku>, revenue|EUR|<sku>
    sku:<sku>     quantity|EUR|<date>, revenue|EUR|<date>
`refunded` is money given back for confirmed sales and is to be taken off their revenue; `refunded_unsold` is what was
given back for orders that never were confirmed, so that their money is in no revenue. Both count on their own day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.refunded import PaymentRefunded
from projections.read_model import Document, Family, Heard, ReadModel, Sum, Sums, known

NAME: Final = "sales_by_day"
DAY: Final = len("2026-11-26")


def fold(document: Document | None, heard: Heard) -> Document | None:
    event, day = heard.event, heard.at[:DAY]
    if isinstance(event, OrderPlaced):
        return {
            "order_id": event.order_id,
            "currency": event.currency,
            "total": event.total,
            "lines": [
                {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price} for line in event.lines
            ],
            "confirmed_on": None,
            "refunds": [],
        }
    sale = known(document, heard)
    if isinstance(event, OrderConfirmed):
        return {**sale, "confirmed_on": day}
    if isinstance(event, PaymentRefunded) and event.amount:
        refund = {"on": day, "currency": event.currency, "amount": event.amount}
        return {**sale, "refunds": [*sale["refunds"], refund]}
    return sale


def sums(document: Document) -> Sums:
    found: dict[Sum, int] = {}
    for group, field, amount in (*_sold(document), *_given_back(document)):
        at = Sum(group, field)
        found[at] = found.get(at, 0) + amount
    return found


def _sold(sale: Document) -> Iterator[tuple[str, str, int]]:
    day, currency = sale["confirmed_on"], sale["currency"]
    if day is None:
        return
    yield f"day:{day}", f"orders|{currency}", 1
    yield f"day:{day}", f"revenue|{currency}", sale["total"]
    for line in sale["lines"]:
        sku, quantity, revenue = line["sku"], line["quantity"], line["quantity"] * line["unit_price"]
        yield f"day:{day}", f"quantity|{currency}", quantity
        yield f"skus:{day}", f"quantity|{currency}|{sku}", quantity
        yield f"skus:{day}", f"revenue|{currency}|{sku}", revenue
        yield f"sku:{sku}", f"quantity|{currency}|{day}", quantity
        yield f"sku:{sku}", f"revenue|{currency}|{day}", revenue


def _given_back(sale: Document) -> Iterator[tuple[str, str, int]]:
    kind = "refunded_unsold" if sale["confirmed_on"] is None else "refunded"
    for refund in sale["refunds"]:
        yield f"day:{refund['on']}", f"refunds|{refund['currency']}", 1
        yield f"day:{refund['on']}", f"{kind}|{refund['currency']}", refund["amount"]


SALES_BY_DAY: Final = ReadModel(
    name=NAME,
    generation=1,
    store="redis",
    families=(
        Family(
            name="",
            topic="order.events.v1",
            hears=(OrderPlaced, OrderConfirmed, PaymentRefunded),
            fold=fold,
            begins=(OrderPlaced,),
            sums=sums,
        ),
    ),
)
