from __future__ import annotations

from eventing.schema import event


@event("product.retired")
class ProductRetired:
    """The product can no longer be ordered; orders that hold it go on."""

    sku: str
    reason: str
