from __future__ import annotations

from eventing.schema import event


@event("stock.received")
class StockReceived:
    """Goods have arrived."""

    sku: str
    quantity: int
    reference: str
    """The delivery note or purchase order they came with."""
