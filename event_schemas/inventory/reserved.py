from __future__ import annotations

from event_schemas.values import SkuQuantity
from eventing.schema import event


@event("inventory.reserved")
class InventoryReserved:
    """All lines of the order are set aside for it."""

    order_id: str
    lines: tuple[SkuQuantity, ...]
