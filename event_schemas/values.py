"""Values that several events share. A change here is a change of each event that holds one: all get a new version."""

from __future__ import annotations

from eventing.schema import record


@record
class Address:
    """Where a parcel goes."""

    recipient: str
    street: str
    """Street and number; several lines are separated by line feeds."""
    postal_code: str
    city: str
    country: str
    """ISO 3166-1 alpha-2."""


@record
class OrderLine:
    """One product of an order, at the price it had when the order was placed."""

    sku: str
    name: str
    quantity: int
    unit_price: int
    """Minor units of the order's currency."""


@record
class SkuQuantity:
    """So many of one product."""

    sku: str
    quantity: int


@record
class LackingLine:
    """A product of which there was not enough."""

    sku: str
    wanted: int
    available: int
