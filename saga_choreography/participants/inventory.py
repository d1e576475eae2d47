"""Inventory sets all of an order's lines aside or none, and frees them when nothing of the order is left but them.

How much there is comes in with the event, as it is locked in the very transaction that keeps the decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.values import LackingLine, OrderLine, SkuQuantity
from eventing.decider import Decider
from eventing.schema import type_name
from saga_choreography.participant import Answered, Heard, Participant, Reaction, Step, StockUse

NAME: Final = "inventory"

Input = Heard | Answered
Event = InventoryReserved | InventoryRejected | InventoryReleased
Undo = PaymentDeclined | PaymentRefunded | OrderCompensationForced
Status = Literal["untouched", "reserved", "rejected", "released"]


@dataclass(frozen=True, slots=True)
class Reservation:
    status: Status = "untouched"
    lines: tuple[SkuQuantity, ...] = ()
    """What is set aside now."""


def decide(asked: Input, reservation: Reservation) -> Sequence[Event]:
    match asked:
        case Heard(OrderPlaced() as placed):
            return _reserve(placed, asked.available, reservation)
        case Heard(OrderCompensationForced(step=step)) if step != NAME:
            return []
        case Heard(PaymentDeclined() | PaymentRefunded() | OrderCompensationForced() as cause):
            return _undo(cause, reservation)
        case _:
            return []


def _reserve(placed: OrderPlaced, available: Mapping[str, int], reservation: Reservation) -> Sequence[Event]:
    if reservation.status != "untouched":
        return []
    wanted = _wanted(placed.lines)
    lacking = tuple(
        LackingLine(sku=sku, wanted=quantity, available=available.get(sku, 0))
        for sku, quantity in wanted.items()
        if quantity > available.get(sku, 0)
    )
    if lacking:
        return [InventoryRejected(order_id=placed.order_id, lacking=lacking)]
    lines = tuple(SkuQuantity(sku=sku, quantity=quantity) for sku, quantity in wanted.items())
    return [InventoryReserved(order_id=placed.order_id, lines=lines)]


def _undo(cause: Undo, reservation: Reservation) -> Sequence[Event]:
    if reservation.status in ("rejected", "released"):
        return []
    return [InventoryReleased(order_id=cause.order_id, lines=reservation.lines, cause=type_name(cause))]


def _wanted(lines: Iterable[OrderLine]) -> Mapping[str, int]:
    """Several lines of one product want it together."""
    wanted: Counter[str] = Counter()
    for line in lines:
        wanted[line.sku] += line.quantity
    return wanted


def evolve(_before: Reservation, event: Event) -> Reservation:
    match event:
        case InventoryReserved():
            return Reservation("reserved", event.lines)
        case InventoryRejected():
            return Reservation("rejected")
        case InventoryReleased():
            return Reservation("released")
        case _:
            assert_never(event)


def skus(event: object, reservation: Reservation) -> Collection[str]:
    """Whose levels a decision may read or move."""
    wanted = {line.sku for line in event.lines} if isinstance(event, OrderPlaced) else set()
    return wanted | {line.sku for line in reservation.lines}


def moves(event: object) -> Mapping[str, int]:
    """What an event does to what is available."""
    match event:
        case InventoryReserved():
            return {line.sku: -line.quantity for line in event.lines}
        case InventoryReleased():
            return {line.sku: line.quantity for line in event.lines}
        case _:
            return {}


_UNDO: Final = Reaction(emits=(InventoryReleased,))

INVENTORY: Final = Participant(
    name=NAME,
    category="reservation",
    hears={
        OrderPlaced: Reaction(emits=(InventoryReserved, InventoryRejected)),
        PaymentDeclined: _UNDO,
        PaymentRefunded: _UNDO,
        OrderCompensationForced: _UNDO,
    },
    decider=Decider(Reservation(), decide, evolve),
    step=Step(NAME, begins=(OrderPlaced,), ends=(InventoryReserved, InventoryRejected, InventoryReleased)),
    undone_by=(InventoryRejected, InventoryReleased),
    stock=StockUse(skus, moves),
)
