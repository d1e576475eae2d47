"""What callers are told, for the documentation. The bytes are written where the command is decided."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from command_service.aggregates.order import Status

ORDER_ID: Final = "018f6d5e-7c1a-7b3e-9d3f-2a4b6c8d0e1f"


class AddressAnswer(BaseModel):
    recipient: str
    street: str
    postal_code: str
    city: str
    country: str


class LineAnswer(BaseModel):
    sku: str
    name: str
    quantity: int
    unit_price: int


class OrderAnswer(BaseModel):
    """The order as it is after the command."""

    order_id: str
    version: int
    status: Status
    customer_id: str
    currency: str
    lines: list[LineAnswer]
    total: int
    delivery_address: AddressAnswer
    sales_channel: str


class ProductAnswer(BaseModel):
    """The product as it is after the command."""

    sku: str
    version: int
    name: str
    description: str
    unit_price: int
    currency: str
    retired: bool


class StockAnswer(BaseModel):
    """The stock of the product after the command: all pieces, those promised to orders too."""

    sku: str
    version: int
    on_hand: int


ADDRESS_EXAMPLE: Final[dict[str, Any]] = {
    "recipient": "Ada Byron",
    "street": "1 Analytical Way",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
ORDER_EXAMPLE: Final[dict[str, Any]] = {
    "order_id": ORDER_ID,
    "version": 1,
    "status": "placed",
    "customer_id": "alice",
    "currency": "EUR",
    "lines": [{"sku": "MUG-1", "name": "Stoneware mug", "quantity": 2, "unit_price": 1250}],
    "total": 2500,
    "delivery_address": ADDRESS_EXAMPLE,
    "sales_channel": "web",
}
PRODUCT_EXAMPLE: Final[dict[str, Any]] = {
    "sku": "MUG-1",
    "version": 1,
    "name": "Stoneware mug",
    "description": "Holds a third of a litre.",
    "unit_price": 1250,
    "currency": "EUR",
    "retired": False,
}
STOCK_EXAMPLE: Final[dict[str, Any]] = {"sku": "MUG-1", "version": 1, "on_hand": 40}
