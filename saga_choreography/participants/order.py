"""The order ends: confirmed when the last step is done, failed or cancelled when the last one is undone.

It writes into the stream in which the customer has a say, at the version that it has read. So a cancellation and the
confirmation can't both be admitted: whichever came first, the other one sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import FailureReason, OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_created import ShippingLabelCreated
from eventing.decider import Decider
from eventing.errors import Refusal
from saga_choreography.participant import (
    Answered,
    CompensationForced,
    DeadlinePassed,
    Heard,
    Participant,
    Reaction,
    Step,
)

NAME: Final = "order"

Input = Heard | Answered | DeadlinePassed | CompensationForced
Event = (
    OrderPlaced
    | OrderDeliveryAddressChanged
    | OrderCancellationRequested
    | OrderTimedOut
    | OrderCompensationForced
    | OrderConfirmed
    | OrderFailed
    | OrderCancelled
)


@dataclass(frozen=True, slots=True)
class Order:
    order_id: str
    cancellation: OrderCancellationRequested | None = None
    timed_out: bool = False
    forced: bool = False
    ended: bool = False

    @property
    def goes_back(self) -> bool:
        return self.cancellation is not None or self.timed_out or self.forced


def decide(asked: Input, order: Order | None) -> Sequence[Event]:
    if order is None:
        raise Refusal("There is no such order.", code="order_not_found")
    match asked:
        case Heard(ShippingLabelCreated()):
            return [] if order.ended or order.goes_back else [OrderConfirmed(order_id=order.order_id)]
        case Heard(InventoryRejected()):
            return _end(order, "insufficient_inventory")
        case Heard(InventoryReleased()):
            failed = any(isinstance(event, ShippingFailed) for event in asked.seen["shipment"])
            return _end(order, "shipping_failed" if failed else "payment_failed")
        case Heard(OrderCompensationForced(step=step)) if step == NAME:
            return _end(order, "compensation_forced")
        case DeadlinePassed():
            late = not (order.ended or order.goes_back)
            return [OrderTimedOut(order_id=order.order_id, step=asked.step)] if late else []
        case CompensationForced():
            return _force(asked, order)
        case _:
            return []


def _end(order: Order, trouble: FailureReason) -> Sequence[Event]:
    """A cancellation that was admitted is what the customer is told about, whatever else has gone wrong."""
    if order.ended:
        return []
    if order.cancellation is not None:
        return [OrderCancelled(order_id=order.order_id, reason=order.cancellation.reason)]
    reason: FailureReason = "timed_out" if order.timed_out else "compensation_forced" if order.forced else trouble
    return [OrderFailed(order_id=order.order_id, reason=reason)]


def _force(asked: CompensationForced, order: Order) -> Sequence[Event]:
    if order.ended:
        raise Refusal("The order has ended: nothing about it changes any more.", code="order_ended")
    return [OrderCompensationForced(order_id=order.order_id, reason=asked.reason, step=asked.step)]


def evolve(order: Order | None, event: Event) -> Order | None:
    if isinstance(event, OrderPlaced):
        return Order(event.order_id)
    assert order is not None, "a stream of an order begins with its placing"
    match event:
        case OrderDeliveryAddressChanged():
            return order
        case OrderCancellationRequested():
            return replace(order, cancellation=event)
        case OrderTimedOut():
            return replace(order, timed_out=True)
        case OrderCompensationForced():
            return replace(order, forced=True)
        case OrderConfirmed() | OrderFailed() | OrderCancelled():
            return replace(order, ended=True)
        case _:
            assert_never(event)


_BACK: Final = (OrderFailed, OrderCancelled)

ORDER: Final = Participant(
    name=NAME,
    category="order",
    hears={
        ShippingLabelCreated: Reaction(emits=(OrderConfirmed,)),
        InventoryRejected: Reaction(emits=_BACK),
        InventoryReleased: Reaction(emits=_BACK, looks_at=("shipment",)),
        OrderCompensationForced: Reaction(emits=_BACK),
    },
    decider=Decider(None, decide, evolve),
    step=Step(NAME, begins=(OrderPlaced,), ends=(OrderConfirmed, OrderFailed, OrderCancelled)),
    undone_by=_BACK,
)
