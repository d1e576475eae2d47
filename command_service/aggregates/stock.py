"""The stock of one product, as the warehouse moves it: received, and corrected by a count.

What orders have reserved stands in the reservations and is no business of this stream. How much is still available,
and what is booked under a reference already, comes in with the command from the tables kept beside the events: so the
state is one number, however many deliveries there have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from eventing.decider import Decider
from eventing.errors import Refusal
from eventing.snapshots import LongStreams

CATEGORY: Final = "stock"
LARGEST_MOVEMENT: Final = 1_000_000
LARGEST_STOCK: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class ReceiveStock:
    sku: str
    quantity: int
    reference: str
    booked: int | None = None
    """How many pieces are booked under this reference; None for a new one."""


@dataclass(frozen=True, slots=True)
class AdjustStock:
    sku: str
    delta: int
    reason: str
    reference: str
    available: int
    booked: int | None = None


Command = ReceiveStock | AdjustStock
Event = StockReceived | StockAdjusted


@dataclass(frozen=True, slots=True)
class Stock:
    on_hand: int = 0


def decide(command: Command, stock: Stock) -> Sequence[Event]:
    match command:
        case ReceiveStock():
            return _receive(command, stock)
        case AdjustStock():
            return _adjust(command, stock)
        case _:
            assert_never(command)


def _receive(command: ReceiveStock, stock: Stock) -> Sequence[Event]:
    if not 1 <= command.quantity <= LARGEST_MOVEMENT:
        raise Refusal(
            f"A receipt is of 1 to {LARGEST_MOVEMENT} pieces.",
            code="quantity_out_of_range",
            least=1,
            most=LARGEST_MOVEMENT,
        )
    if _booked_before(command, command.quantity):
        return []
    _check_countable(stock.on_hand + command.quantity)
    return [StockReceived(sku=command.sku, quantity=command.quantity, reference=command.reference)]


def _adjust(command: AdjustStock, stock: Stock) -> Sequence[Event]:
    if command.delta == 0 or abs(command.delta) > LARGEST_MOVEMENT:
        raise Refusal(
            f"An adjustment is of 1 to {LARGEST_MOVEMENT} pieces, more or fewer.",
            code="quantity_out_of_range",
            least=1,
            most=LARGEST_MOVEMENT,
        )
    if _booked_before(command, command.delta):
        return []
    if command.available + command.delta < 0:
        raise Refusal(
            f"Only {command.available} pieces are not promised to an order: fewer than those can't be taken away.",
            code="below_reserved",
            sku=command.sku,
            available=command.available,
        )
    _check_countable(stock.on_hand + command.delta)
    return [StockAdjusted(sku=command.sku, delta=command.delta, reason=command.reason, reference=command.reference)]


def _check_countable(on_hand: int) -> None:
    if on_hand > LARGEST_STOCK:
        raise Refusal("So many pieces can't be counted any more.", code="stock_too_large", most=LARGEST_STOCK)


def _booked_before(command: Command, delta: int) -> bool:
    if command.booked not in (None, delta):
        raise Refusal(
            f"Under {command.reference!r} another quantity is booked already: use a reference of its own.",
            code="reference_reused",
            reference=command.reference,
            booked=command.booked,
        )
    return command.booked == delta


def evolve(stock: Stock, event: Event) -> Stock:
    match event:
        case StockReceived():
            return Stock(stock.on_hand + event.quantity)
        case StockAdjusted():
            return Stock(stock.on_hand + event.delta)
        case _:
            assert_never(event)


STOCK: Final[Decider[Command, Stock, Event]] = Decider(Stock(), decide, evolve)
STOCKS: Final = LongStreams(CATEGORY, STOCK, Stock)
