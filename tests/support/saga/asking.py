"""Those who have a say in an order from outside the saga: customers, the watchdog, the operator.

Each looks in one turn and appends in another, if nothing that was looked at has moved meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from command_service.aggregates.order import ORDER as ASKED_FOR
from command_service.aggregates.order import ChangeDeliveryAddress, RequestCancellation
from event_schemas.values import Address
from eventing.errors import Refusal
from saga_choreography.participant import CompensationForced, DeadlinePassed
from saga_choreography.way_back import entrance
from tests.support.saga.ledger import Write

if TYPE_CHECKING:
    from tests.support.saga.world import World

CATEGORIES = ("order", "reservation", "payment", "shipment")


class Command(NamedTuple):
    """What somebody wants to append, on what they have seen."""

    actor: str
    writes: Sequence[Write]


def cancellation(world: World, key: str) -> Command | None:
    order, shipment = world.ledger.read("order", key), world.ledger.read("shipment", key)
    events = _decided(lambda: ASKED_FOR.decide(RequestCancellation("changed my mind"), ASKED_FOR.fold(order.events)))
    return Command("customer", [(order, events), (shipment, ())]) if events else None


def address_change(world: World, key: str) -> Command | None:
    order, shipment = world.ledger.read("order", key), world.ledger.read("shipment", key)
    street = f"{len(order.events)} Engine Court"
    address = Address(recipient="Ada", street=street, postal_code="10115", city="Berlin", country="DE")
    command = ChangeDeliveryAddress(address, given_to_carrier=bool(shipment.events))
    events = _decided(lambda: ASKED_FOR.decide(command, ASKED_FOR.fold(order.events)))
    return Command("customer", [(order, events), (shipment, ())]) if events else None


def deadline(world: World, key: str) -> Command | None:
    """Of any step that has begun and has not ended; which of them is late is up to the scheduler."""
    types = {type(event) for category in CATEGORIES for event in world.ledger.read(category, key).events}
    steps = [participant.step for participant in world.participants.values()]
    running = [step for step in steps if types.intersection(step.begins) and not types.intersection(step.ends)]
    if not running:
        return None
    order = world.ledger.read("order", key)
    decider = world.participants["order"].decider
    passed = DeadlinePassed(world.rng.choice(running).name)
    events = _decided(lambda: decider.decide(passed, decider.fold(order.events)))
    return Command("watchdog", [(order, events)]) if events else None


def force(world: World, key: str) -> Command | None:
    streams = {category: world.ledger.read(category, key).events for category in CATEGORIES}
    forced = CompensationForced("stuck", entrance(world.participants, streams))
    decider = world.participants["order"].decider
    events = _decided(lambda: decider.decide(forced, decider.fold(streams["order"])))
    return Command("operator", [(world.ledger.read("order", key), events)]) if events else None


def _decided(decide: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    try:
        return decide()
    except Refusal:
        return ()
