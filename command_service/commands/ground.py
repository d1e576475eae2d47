"""What all commands stand on, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from command_service.catalogue import Catalogue
from command_service.handling import Handler
from command_service.loading import Loader
from command_service.stock_levels import StockLevels
from eventing.envelope import NewEvent
from eventing.event_store import StreamWrite

MakeId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Ground:
    handler: Handler
    loader: Loader
    catalogue: Catalogue
    stock_levels: StockLevels
    new_id: MakeId

    def write(self, stream: str, version: int, events: Sequence[object]) -> StreamWrite:
        return StreamWrite(stream, version, [NewEvent(self.new_id(), event) for event in events])
