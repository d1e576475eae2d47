from __future__ import annotations

from eventing.schema import event


@event("product.registered")
class ProductRegistered:
    """A product can be bought."""

    sku: str
    name: str
    description: str
    unit_price: int
    """Minor units of the currency."""
    currency: str
    """ISO 4217."""
