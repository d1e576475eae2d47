from __future__ import annotations

from event_schemas.values import SkuQuantity
from eventing.schema import event


@event("inventory.released")
class InventoryReleased:
    """What was set aside is free again; a reservation that comes later must do nothing."""

    order_id: str
    lines: tuple[SkuQuantity, ...]
    """Empty when nothing had been set aside."""
    cause: str
    """The type of the event that asked for it, such as `payment.declined`."""
