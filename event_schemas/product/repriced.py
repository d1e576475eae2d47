from __future__ import annotations

from eventing.schema import event


@event("product.repriced")
class ProductRepriced:
    """From now on the product costs this; orders placed before keep their price."""

    sku: str
    unit_price: int
    """Minor units of the currency."""
    currency: str
    """ISO 4217."""
