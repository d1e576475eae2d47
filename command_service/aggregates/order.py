"""An order, as far as its customer has a say in it: placed, sent elsewhere, called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, assert_never

from command_service.pricing import Offer, WantedLine, price
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.values import Address
from eventing.decider import Decider
from eventing.errors import Refusal
from eventing.snapshots import LongStreams

CATEGORY: Final = "order"


class PlaceOrder(NamedTuple):
    order_id: str
    customer_id: str
    customer_name: str
    customer_email: str
    lines: Sequence[WantedLine]
    delivery_address: Address
    sales_channel: str
    offers: Mapping[str, Offer]
    """Of the SKUs in `lines`; one that is missing here is unknown."""


@dataclass(frozen=True, slots=True)
class ChangeDeliveryAddress:
    address: Address
    given_to_carrier: bool
    """Whether the carrier was asked for a label already: it stands in the order's shipment, not in the order."""


@dataclass(frozen=True, slots=True)
class RequestCancellation:
    reason: str


Command = PlaceOrder | ChangeDeliveryAddress | RequestCancellation
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


Status = Literal["placed", "failing", "cancelling", "confirmed", "failed", "cancelled"]
ENDED: Final[frozenset[Status]] = frozenset({"confirmed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Order:
    placed: OrderPlaced
    address: Address
    status: Status = "placed"


def decide(command: Command, order: Order | None) -> Sequence[Event]:
    match command:
        case PlaceOrder():
            return _place(command) if order is None else _placed_before(command, order)
        case ChangeDeliveryAddress():
            return _change_address(command, _existing(order))
        case RequestCancellation():
            return _cancel(command, _existing(order))
        case _:
            assert_never(command)


def _place(command: PlaceOrder) -> Sequence[Event]:
    priced = price(command.lines, command.offers)
    return [
        OrderPlaced(
            order_id=command.order_id,
            customer_id=command.customer_id,
            customer_name=command.customer_name,
            customer_email=command.customer_email,
            currency=priced.currency,
            lines=priced.lines,
            total=priced.total,
            delivery_address=command.delivery_address,
            sales_channel=command.sales_channel,
        )
    ]


def _placed_before(command: PlaceOrder, order: Order) -> Sequence[Event]:
    same_lines = [(line.sku, line.quantity) for line in order.placed.lines] == [tuple(line) for line in command.lines]
    if same_lines and order.placed.customer_id == command.customer_id:
        return []
    raise Refusal("Another order has this id already: place it under a new one.", code="order_exists")


def _change_address(command: ChangeDeliveryAddress, order: Order) -> Sequence[Event]:
    if command.address == order.address:
        return []
    _check_not_ended(order)
    if order.status == "cancelling":
        raise Refusal("The order is being cancelled: it goes nowhere.", code="order_cancelling")
    if order.status == "failing":
        raise Refusal("The order has run into trouble and is being undone: it goes nowhere.", code="order_failing")
    if command.given_to_carrier:
        raise Refusal(
            "The carrier has the order already: cancel it, or ask the carrier to redirect the parcel.",
            code="already_shipped",
        )
    return [OrderDeliveryAddressChanged(order_id=order.placed.order_id, address=command.address)]


def _cancel(command: RequestCancellation, order: Order) -> Sequence[Event]:
    if order.status == "cancelling":
        return []
    _check_not_ended(order)
    return [OrderCancellationRequested(order_id=order.placed.order_id, reason=command.reason)]


def _existing(order: Order | None) -> Order:
    if order is None:
        raise Refusal("There is no such order.", code="order_not_found")
    return order


def _check_not_ended(order: Order) -> None:
    if order.status in ENDED:
        raise Refusal(
            f"The order has ended, it is {order.status}: nothing about it changes any more.",
            code="order_ended",
            order_status=order.status,
        )


def evolve(order: Order | None, event: Event) -> Order | None:
    if isinstance(event, OrderPlaced):
        return Order(event, event.delivery_address)
    assert order is not None, "a stream of an order begins with its placing"
    match event:
        case OrderDeliveryAddressChanged():
            return replace(order, address=event.address)
        case OrderCancellationRequested():
            return replace(order, status="cancelling")
        case OrderTimedOut() | OrderCompensationForced():
            # Whoever calls it off all the same, or has done so, is told in the end that it was cancelled.
            return order if order.status == "cancelling" else replace(order, status="failing")
        case OrderConfirmed():
            return replace(order, status="confirmed")
        case OrderFailed():
            return replace(order, status="failed")
        case OrderCancelled():
            return replace(order, status="cancelled")
        case _:
            assert_never(event)


ORDER: Final[Decider[Command, Order | None, Event]] = Decider(None, decide, evolve)
ORDERS: Final = LongStreams(CATEGORY, ORDER, Order)
