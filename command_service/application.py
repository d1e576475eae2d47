"""The write API over its ports. Whoever calls this decides what stands behind them: Postgres, or memory in tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from uuid import UUID

from command_service.api import routes
from command_service.catalogue import Catalogue, ReadCatalogue
from command_service.commands.ground import Ground
from command_service.handling import Handler
from command_service.loading import Loader
from command_service.stock_levels import ReadAvailable, ReadBooked, StockLevels
from eventing.codec import Codec
from eventing.discovery import modules_of
from eventing.event_store import EventStore
from eventing.snapshots import Snapshots, Snapshotted
from eventing.web.application import Application, Lifespan, build_application
from eventing.web.edge import Edge
from eventing.web.operation import Operation

TITLE = "Orderloom write API"
DESCRIPTION = (
    "Commands: what is asked is decided, and committed before it is answered. Every command may be sent again under "
    "its `Idempotency-Key`. What has changed since you read it is told apart from what can't be done: 412 and 409."
)


@dataclass(frozen=True, slots=True)
class Ports:
    store: EventStore
    codec: Codec
    read_catalogue: ReadCatalogue
    read_available: ReadAvailable
    read_booked: ReadBooked
    snapshots: Snapshots
    snapshotted: Sequence[Snapshotted[Any]]
    new_id: Callable[[], UUID]


def ground_on(ports: Ports, partitions: int) -> Ground:
    return Ground(
        handler=Handler(ports.store, partitions),
        loader=Loader(ports.store, ports.codec, ports.snapshots, ports.snapshotted),
        catalogue=Catalogue(ports.read_catalogue),
        stock_levels=StockLevels(ports.read_available, ports.read_booked),
        new_id=ports.new_id,
    )


def operations_on(ground: Ground) -> Sequence[Operation]:
    return [operation for module in modules_of(routes) for operation in module.operations(ground)]


def application(ports: Ports, edge: Edge, partitions: int, *, lifespan: Lifespan | None = None) -> Application:
    operations = operations_on(ground_on(ports, partitions))
    return build_application(TITLE, version("orderloom"), operations, edge, description=DESCRIPTION, lifespan=lifespan)
