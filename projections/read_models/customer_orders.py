"""A customer's orders: newest first, how many in which state, how much in which currency."""

from __future__ import annotations

from typing import Final

from event_schemas.order.placed import OrderPlaced
from projections.order_life import ENDED, ENDINGS, PLACED, TURNS, status_after
from projections.read_model import Document, Family, Heard, Places, ReadModel, Sum, Sums, known

NAME: Final = "customer_orders"


def fold(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    if isinstance(event, OrderPlaced):
        return {
            "order_id": event.order_id,
            "customer_id": event.customer_id,
            "status": PLACED,
            "currency": event.currency,
            "total": event.total,
            "item_count": sum(line.quantity for line in event.lines),
            "items": [line.name for line in event.lines],
            "placed_at": heard.at,
            "updated_at": heard.at,
            "ended_at": None,
            "placed_position": heard.position,
        }
    order = known(document, heard)
    status = status_after(order["status"], event)
    if status == order["status"]:
        return order
    return {
        **order,
        "status": status,
        "updated_at": heard.at,
        "ended_at": heard.at if status in ENDED else order["ended_at"],
    }


def sums(document: Document) -> Sums:
    """`orders`, `status:<status>`, `total:<currency>` of all orders, `confirmed:<currency>` of those that went out."""
    customer, currency, total = document["customer_id"], document["currency"], document["total"]
    found = {
        Sum(customer, "orders"): 1,
        Sum(customer, f"status:{document['status']}"): 1,
        Sum(customer, f"total:{currency}"): total,
    }
    if document["status"] == "confirmed":
        found[Sum(customer, f"confirmed:{currency}")] = total
    return found


def places(document: Document) -> Places:
    return {f"customer:{document['customer_id']}": document["placed_position"]}


def label(document: Document) -> str:
    return str(document["customer_id"])


CUSTOMER_ORDERS: Final = ReadModel(
    name=NAME,
    generation=1,
    store="redis",
    families=(
        Family(
            name="",
            topic="order.events.v1",
            hears=(OrderPlaced, *TURNS, *ENDINGS),
            fold=fold,
            begins=(OrderPlaced,),
            label=label,
            sums=sums,
            places=places,
        ),
    ),
)
