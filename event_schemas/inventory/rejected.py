from __future__ import annotations

from event_schemas.values import LackingLine
from eventing.schema import event


@event("inventory.rejected")
class InventoryRejected:
    """Something is lacking, so nothing was set aside."""

    order_id: str
    lacking: tuple[LackingLine, ...]
