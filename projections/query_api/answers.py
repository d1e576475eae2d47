"""What is answered, for the documentation. The bytes come as the read models keep them; nothing is parsed for this."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Shown(BaseModel):
    model_config = ConfigDict(extra="allow")


class Line(Shown):
    sku: str
    name: str
    quantity: int
    unit_price: int


class Order(Shown):
    """An order as its customer sees it."""

    order_id: str
    customer_id: str
    status: str
    version: int
    currency: str
    total: int
    lines: list[Line]
    delivery_address: dict[str, str]
    sales_channel: str
    steps: dict[str, str]
    shipment: dict[str, str] | None
    reason: str | None
    placed_at: str
    updated_at: str
    ended_at: str | None


class ListedOrder(Shown):
    order_id: str
    customer_id: str
    status: str
    currency: str
    total: int
    item_count: int
    placed_at: str
    updated_at: str


class CustomerOrders(BaseModel):
    """Newest first. Counts and totals are of all the customer's orders, whatever the page."""

    orders: list[ListedOrder]
    counts: dict[str, int]
    totals: dict[str, int]
    confirmed: dict[str, int]
    next_cursor: str | None


class Total(BaseModel):
    count: int
    exact: bool


class Bucket(BaseModel):
    value: str
    count: int


class FoundOrders(BaseModel):
    """`total` and `facets` come with the first page."""

    orders: list[ListedOrder]
    total: Total | None
    facets: dict[str, list[Bucket]] | None
    next_cursor: str | None


class HistoryEvent(BaseModel):
    position: int
    event_id: str
    stream: str
    version: int
    type: str
    schema_version: int
    upcast_to: int | None
    recorded_at: str
    actor: str
    correlation_id: str
    causation_id: str | None
    data: dict[str, Any]


class History(BaseModel):
    order_id: str
    events: list[HistoryEvent]
    next_cursor: str | None


class Saga(Shown):
    order_id: str
    customer_id: str
    status: str
    steps: dict[str, Any]
    owed: list[str]
    turned_by: str | None
    started_at: str
    updated_at: str
    ended_at: str | None


class Product(Shown):
    sku: str
    name: str
    description: str
    unit_price: int
    currency: str
    version: int


class Products(BaseModel):
    products: list[Product]
    next_cursor: str | None


class Stock(BaseModel):
    sku: str
    version: int
    on_hand: int
    reserved: int
    sold: int
    available: int
    updated_at: str


class Stocks(BaseModel):
    stock: list[Stock]
    next_cursor: str | None


class Sales(BaseModel):
    """Amounts in minor units, by currency; a day without sales has an empty object."""

    days: dict[str, dict[str, dict[str, int]]]


class SalesOfDay(BaseModel):
    day: str
    products: dict[str, dict[str, dict[str, int]]]


class SalesOfProduct(BaseModel):
    sku: str
    days: dict[str, dict[str, dict[str, int]]]
