from __future__ import annotations

from eventing.schema import event


@event("stock.adjusted")
class StockAdjusted:
    """A count has shown more or fewer than was believed."""

    sku: str
    delta: int
    """Negative for fewer."""
    reason: str
    reference: str
    """The count or report it comes from: the same one is never booked twice."""
