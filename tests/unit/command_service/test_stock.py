from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_service.aggregates.stock import LARGEST_MOVEMENT, STOCK, AdjustStock, Command, Event, ReceiveStock
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from eventing.testing import scenario

RECEIVE = ReceiveStock("MUG-1", 10, "note-1")
RECEIVED = StockReceived(sku="MUG-1", quantity=10, reference="note-1")
ADJUST = AdjustStock("MUG-1", -3, "broken", "count-1", available=10)
ADJUSTED = StockAdjusted(sku="MUG-1", delta=-3, reason="broken", reference="count-1")

stock = scenario(STOCK)


def test_goods_arrive() -> None:
    stock.given().when(RECEIVE).then(RECEIVED)


def test_a_count_corrects() -> None:
    stock.given(RECEIVED).when(ADJUST).then(ADJUSTED)
    assert STOCK.fold([RECEIVED, ADJUSTED]).on_hand == 7


def test_what_is_promised_to_orders_can_t_be_taken_away() -> None:
    scarce = replace(ADJUST, available=2)

    stock.given(RECEIVED).when(scarce).then_refused("below_reserved", available=2)
    stock.given(RECEIVED).when(replace(scarce, delta=-2)).then(replace(ADJUSTED, delta=-2))


def test_a_reference_books_one_quantity_only() -> None:
    stock.given(RECEIVED).when(replace(RECEIVE, quantity=11, booked=10)).then_refused("reference_reused", booked=10)
    counted = replace(ADJUST, reference="note-1", booked=10)
    stock.given(RECEIVED, ADJUSTED).when(counted).then_refused("reference_reused")


def test_the_second_receipt_of_a_note_books_nothing() -> None:
    stock.given(RECEIVED, ADJUSTED).when(replace(RECEIVE, booked=10)).then_nothing()


@pytest.mark.parametrize("quantity", [0, -1, LARGEST_MOVEMENT + 1, 2**63])
def test_a_receipt_has_bounds(quantity: int) -> None:
    stock.given().when(replace(RECEIVE, quantity=quantity)).then_refused("quantity_out_of_range")


@pytest.mark.parametrize("delta", [0, LARGEST_MOVEMENT + 1, -LARGEST_MOVEMENT - 1])
def test_an_adjustment_has_bounds(delta: int) -> None:
    stock.given().when(replace(ADJUST, delta=delta)).then_refused("quantity_out_of_range")


references = st.sampled_from(["a", "b", "c"])
commands = st.one_of(
    st.builds(ReceiveStock, st.just("MUG-1"), st.integers(-1, 20), references),
    st.builds(AdjustStock, st.just("MUG-1"), st.integers(-20, 20), st.just("count"), references, st.integers(0, 20)),
)


@given(st.lists(commands, max_size=6), commands)
def test_a_repeated_command_yields_nothing_new(before: list[Command], command: Command) -> None:
    past = stock
    booked: dict[str, int] = {}

    def told(command: Command) -> Command:
        return replace(command, booked=booked.get(command.reference))

    for earlier in before:
        past = past.given(*_booked(past.when(told(earlier)).events, booked))

    outcome = past.when(told(command))
    if outcome.refusal is None:
        past.given(*_booked(outcome.events, booked)).when(told(command)).then_nothing()


def _booked(events: Sequence[Event], booked: dict[str, int]) -> Sequence[Event]:
    """As the table that is kept beside the events has it."""
    booked |= {event.reference: event.quantity if isinstance(event, StockReceived) else event.delta for event in events}
    return events
