"""A product of the catalogue: registered, repriced, retired for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from command_service.money import CURRENCIES, LARGEST_AMOUNT
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from eventing.decider import Decider
from eventing.errors import Refusal
from eventing.snapshots import LongStreams

CATEGORY: Final = "product"


@dataclass(frozen=True, slots=True)
class RegisterProduct:
    sku: str
    name: str
    description: str
    unit_price: int
    currency: str


@dataclass(frozen=True, slots=True)
class RepriceProduct:
    unit_price: int
    currency: str


@dataclass(frozen=True, slots=True)
class RetireProduct:
    reason: str


Command = RegisterProduct | RepriceProduct | RetireProduct
Event = ProductRegistered | ProductRepriced | ProductRetired


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    name: str
    description: str
    unit_price: int
    currency: str
    retired: bool = False


def decide(command: Command, product: Product | None) -> Sequence[Event]:
    match command:
        case RegisterProduct():
            return _register(command, product)
        case RepriceProduct():
            return _reprice(command, _existing(product))
        case RetireProduct():
            return _retire(command, _existing(product))
        case _:
            assert_never(command)


def _register(command: RegisterProduct, product: Product | None) -> Sequence[Event]:
    _check_price(command.unit_price, command.currency)
    asked = Product(command.sku, command.name, command.description, command.unit_price, command.currency)
    if product == asked:
        return []
    if product is not None:
        raise Refusal(
            f"{command.sku} is registered already: reprice it, or register under another SKU.",
            code="product_exists",
            sku=command.sku,
        )
    return [
        ProductRegistered(
            sku=command.sku,
            name=command.name,
            description=command.description,
            unit_price=command.unit_price,
            currency=command.currency,
        )
    ]


def _reprice(command: RepriceProduct, product: Product) -> Sequence[Event]:
    _check_price(command.unit_price, command.currency)
    if (product.unit_price, product.currency) == (command.unit_price, command.currency):
        return []
    if product.retired:
        raise Refusal(
            f"{product.sku} is retired, nobody can buy it at any price.", code="product_retired", sku=product.sku
        )
    return [ProductRepriced(sku=product.sku, unit_price=command.unit_price, currency=command.currency)]


def _retire(command: RetireProduct, product: Product) -> Sequence[Event]:
    return [] if product.retired else [ProductRetired(sku=product.sku, reason=command.reason)]


def _check_price(unit_price: int, currency: str) -> None:
    if not 1 <= unit_price <= LARGEST_AMOUNT:
        raise Refusal(
            f"A price is between 1 and {LARGEST_AMOUNT} minor units.",
            code="price_out_of_range",
            least=1,
            most=LARGEST_AMOUNT,
        )
    if currency not in CURRENCIES:
        raise Refusal("A currency is one of ISO 4217 in capitals, such as EUR.", code="unknown_currency")


def _existing(product: Product | None) -> Product:
    if product is None:
        raise Refusal("There is no such product.", code="product_not_found")
    return product


def evolve(product: Product | None, event: Event) -> Product | None:
    if isinstance(event, ProductRegistered):
        return Product(event.sku, event.name, event.description, event.unit_price, event.currency)
    assert product is not None, "a stream of a product begins with its registration"
    match event:
        case ProductRepriced():
            return replace(product, unit_price=event.unit_price, currency=event.currency)
        case ProductRetired():
            return replace(product, retired=True)
        case _:
            assert_never(event)


PRODUCT: Final[Decider[Command, Product | None, Event]] = Decider(None, decide, evolve)
PRODUCTS: Final = LongStreams(CATEGORY, PRODUCT, Product)
