"""What can be bought and how much of it there is. Three topics say so, hence three kinds of documents.

    catalogue/<sku>       what it is and costs; retired, it is deleted
    stock/<sku>           how much has come in and been counted
    reservation/<order>   what is set aside for an order or has gone out with it; summed by SKU: `reserved`, `sold`

What can be promised of a SKU is its `on_hand` less the sums `reserved` and `sold`. The lists `catalogue` and `stock`
name the SKUs in alphabetical order.
"""

from __future__ import annotations

from typing import Final

from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from event_schemas.values import SkuQuantity
from projections.read_model import Document, Family, Heard, Places, ReadModel, Sum, Sums, known

NAME: Final = "stock_and_catalogue"


def fold_catalogue(document: Document | None, heard: Heard) -> Document | None:
    match heard.event:
        case ProductRegistered() as event:
            return {
                "sku": event.sku,
                "name": event.name,
                "description": event.description,
                "unit_price": event.unit_price,
                "currency": event.currency,
                "version": heard.version,
                "registered_at": heard.at,
                "updated_at": heard.at,
            }
        case ProductRepriced() as event:
            price = {"unit_price": event.unit_price, "currency": event.currency}
            return {**known(document, heard), **price, "version": heard.version, "updated_at": heard.at}
        case ProductRetired():
            return None
    return document


def fold_stock(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    stock = {"sku": event.sku, "on_hand": 0} if heard.version == 1 else known(document, heard)
    change = event.quantity if isinstance(event, StockReceived) else event.delta
    return {**stock, "on_hand": stock["on_hand"] + change, "version": heard.version, "updated_at": heard.at}


def _line(line: SkuQuantity) -> Document:
    return {"sku": line.sku, "quantity": line.quantity}


def fold_reservation(document: Document | None, heard: Heard) -> Document | None:
    event = heard.event
    match event:
        case InventoryReserved() if document is None:
            return {"order_id": event.order_id, "lines": [_line(line) for line in event.lines], "state": "reserved"}
        case InventoryReleased():
            return {**(document or {"order_id": event.order_id, "lines": []}), "state": "released"}
        case OrderConfirmed():
            return {**known(document, heard), "state": "sold"}
    return document


def sums(document: Document) -> Sums:
    found: dict[Sum, int] = {}
    if (state := document["state"]) != "released":
        for line in document["lines"]:
            at = Sum(line["sku"], state)
            found[at] = found.get(at, 0) + line["quantity"]
    return found


def in_catalogue(_document: Document) -> Places:
    return {"catalogue": 0}


def in_stock(_document: Document) -> Places:
    return {"stock": 0}


STOCK_AND_CATALOGUE: Final = ReadModel(
    name=NAME,
    generation=1,
    store="redis",
    families=(
        Family(
            name="catalogue",
            topic="catalogue.events.v1",
            hears=(ProductRegistered, ProductRepriced, ProductRetired),
            fold=fold_catalogue,
            begins=(ProductRegistered,),
            places=in_catalogue,
        ),
        Family(
            name="stock",
            topic="stock.events.v1",
            hears=(StockReceived, StockAdjusted),
            fold=fold_stock,
            places=in_stock,
        ),
        Family(
            name="reservation",
            topic="order.events.v1",
            hears=(InventoryReserved, InventoryReleased, OrderConfirmed),
            fold=fold_reservation,
            sums=sums,
        ),
    ),
)
