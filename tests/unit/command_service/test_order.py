"""What may happen to an order, told as given / when / then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_service.aggregates.order import (
    ORDER,
    ChangeDeliveryAddress,
    Command,
    Event,
    PlaceOrder,
    RequestCancellation,
)
from command_service.money import LARGEST_AMOUNT
from command_service.pricing import Offer, WantedLine
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.values import Address, OrderLine
from eventing.testing import scenario

HOME = Address(recipient="Ada Byron", street="1 Analytical Way", postal_code="10115", city="Berlin", country="DE")
OFFICE = replace(HOME, street="2 Engine Court")
OFFERS = {
    "MUG-1": Offer("Mug", 1250, "EUR"),
    "PEN-1": Offer("Pen", 199, "EUR"),
    "CUP-US": Offer("Cup", 900, "USD"),
    "OLD-1": Offer("Lamp", 100, "EUR", retired=True),
    "RICH-1": Offer("Palace", LARGEST_AMOUNT, "EUR"),
}
PLACE = PlaceOrder(
    order_id="o-1",
    customer_id="ada",
    customer_name="Ada Byron",
    customer_email="ada@example.org",
    lines=(WantedLine("MUG-1", 2), WantedLine("PEN-1", 1)),
    delivery_address=HOME,
    sales_channel="web",
    offers=OFFERS,
)
PLACED = OrderPlaced(
    order_id="o-1",
    customer_id="ada",
    customer_name="Ada Byron",
    customer_email="ada@example.org",
    currency="EUR",
    lines=(
        OrderLine(sku="MUG-1", name="Mug", quantity=2, unit_price=1250),
        OrderLine(sku="PEN-1", name="Pen", quantity=1, unit_price=199),
    ),
    total=2699,
    delivery_address=HOME,
    sales_channel="web",
)
CANCELLING = OrderCancellationRequested(order_id="o-1", reason="too late")
TIMED_OUT = OrderTimedOut(order_id="o-1", step="payment")
FORCED = OrderCompensationForced(order_id="o-1", reason="the carrier has closed", step="shipping")
CONFIRMED = OrderConfirmed(order_id="o-1")
FAILED = OrderFailed(order_id="o-1", reason="payment_failed")
CANCELLED = OrderCancelled(order_id="o-1", reason="too late")
TO_OFFICE = ChangeDeliveryAddress(OFFICE, given_to_carrier=False)
AT_OFFICE = OrderDeliveryAddressChanged(order_id="o-1", address=OFFICE)

order = scenario(ORDER)


def test_an_order_is_placed_at_the_prices_of_the_catalogue() -> None:
    order.given().when(PLACE).then(PLACED)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "no_lines"),
        ([WantedLine("GHOST", 1)], "unknown_sku"),
        ([WantedLine("OLD-1", 1)], "retired_sku"),
        ([WantedLine("MUG-1", 0)], "quantity_out_of_range"),
        ([WantedLine("MUG-1", -1)], "quantity_out_of_range"),
        ([WantedLine("MUG-1", 1001)], "quantity_out_of_range"),
        ([WantedLine("MUG-1", 2**63)], "quantity_out_of_range"),
        ([WantedLine("MUG-1", 1), WantedLine("MUG-1", 1)], "duplicate_sku"),
        ([WantedLine("MUG-1", 1), WantedLine("CUP-US", 1)], "mixed_currencies"),
        ([WantedLine("RICH-1", 1), WantedLine("PEN-1", 1)], "total_too_large"),
        ([WantedLine(f"SKU-{number}", 1) for number in range(101)], "too_many_lines"),
    ],
)
def test_an_order_that_can_t_be_is_refused(lines: list[WantedLine], code: str) -> None:
    order.given().when(PLACE._replace(lines=lines)).then_refused(code)


def test_the_bounds_themselves_are_allowed() -> None:
    offers = {f"SKU-{number}": Offer("Thing", 1, "EUR") for number in range(100)}
    most = PLACE._replace(lines=[WantedLine(sku, 1000) for sku in offers], offers=offers)

    assert order.given().when(most).refusal is None


def test_a_refusal_names_the_line() -> None:
    wanted = PLACE._replace(lines=[WantedLine("MUG-1", 1), WantedLine("GHOST", 1)])

    order.given().when(wanted).then_refused("unknown_sku", line=1, sku="GHOST")


def test_an_id_names_one_order_only() -> None:
    order.given(PLACED).when(PLACE._replace(customer_id="eve")).then_refused("order_exists")


def test_the_address_changes_while_the_order_is_unshipped() -> None:
    order.given(PLACED).when(TO_OFFICE).then(AT_OFFICE)


def test_the_address_can_change_back() -> None:
    back = ChangeDeliveryAddress(HOME, given_to_carrier=False)

    order.given(PLACED, AT_OFFICE).when(back).then(OrderDeliveryAddressChanged(order_id="o-1", address=HOME))


def test_the_address_stays_once_the_carrier_has_it() -> None:
    order.given(PLACED).when(replace(TO_OFFICE, given_to_carrier=True)).then_refused("already_shipped")


def test_an_order_on_its_way_back_goes_nowhere_else() -> None:
    order.given(PLACED, CANCELLING).when(TO_OFFICE).then_refused("order_cancelling")


def test_an_order_is_called_off() -> None:
    order.given(PLACED).when(RequestCancellation("too late")).then(CANCELLING)


def test_it_is_called_off_once_whatever_the_reason() -> None:
    order.given(PLACED, CANCELLING).when(RequestCancellation("another reason")).then_nothing()


@pytest.mark.parametrize("trouble", [TIMED_OUT, FORCED])
def test_an_order_in_trouble_goes_nowhere_but_can_be_called_off(trouble: Event) -> None:
    order.given(PLACED, trouble).when(TO_OFFICE).then_refused("order_failing")
    order.given(PLACED, trouble).when(RequestCancellation("too late")).then(CANCELLING)


@pytest.mark.parametrize("trouble", [TIMED_OUT, FORCED])
def test_trouble_on_the_way_back_changes_nothing(trouble: Event) -> None:
    order.given(PLACED, CANCELLING, trouble).when(RequestCancellation("again")).then_nothing()
    order.given(PLACED, CANCELLING, trouble).when(TO_OFFICE).then_refused("order_cancelling")


@pytest.mark.parametrize("trouble", [TIMED_OUT, FORCED])
def test_an_order_that_came_through_trouble_has_ended(trouble: Event) -> None:
    order.given(PLACED, trouble, FAILED).when(RequestCancellation("too late")).then_refused("order_ended")


@pytest.mark.parametrize("end", [CONFIRMED, FAILED, CANCELLED])
@pytest.mark.parametrize("command", [RequestCancellation("too late"), TO_OFFICE])
def test_nothing_changes_after_the_end(end: Event, command: Command) -> None:
    order.given(PLACED, end).when(command).then_refused("order_ended")


@pytest.mark.parametrize("command", [RequestCancellation("why"), TO_OFFICE])
def test_what_was_never_placed_is_not_found(command: Command) -> None:
    order.given().when(command).then_refused("order_not_found")


addresses = st.builds(Address, **dict.fromkeys(("recipient", "street", "postal_code", "city", "country"), st.text()))
commands = st.one_of(
    st.builds(ChangeDeliveryAddress, addresses, st.booleans()),
    st.builds(RequestCancellation, st.text()),
    st.builds(
        lambda lines: PLACE._replace(lines=lines),
        st.lists(st.builds(WantedLine, st.sampled_from([*OFFERS, "GHOST"]), st.integers(-1, 1001)), max_size=5),
    ),
)


@given(st.lists(commands, max_size=6), commands)
def test_a_repeated_command_yields_nothing_new(before: list[Command], command: Command) -> None:
    past = order
    for earlier in before:
        past = past.given(*past.when(earlier).events)

    once = past.when(command)

    if once.refusal is None:
        past.when_repeated(command).then_nothing()


@given(st.lists(st.tuples(st.sampled_from(["MUG-1", "PEN-1", "RICH-1"]), st.integers(1, 1000)), min_size=1, max_size=3))
def test_a_total_is_exact_or_refused(lines: list[tuple[str, int]]) -> None:
    wanted = [WantedLine(sku, quantity) for sku, quantity in dict(lines).items()]
    total = sum(line.quantity * OFFERS[line.sku].unit_price for line in wanted)

    outcome = order.given().when(PLACE._replace(lines=wanted))

    if total > LARGEST_AMOUNT:
        outcome.then_refused("total_too_large")
    else:
        (placed,) = outcome.events
        assert isinstance(placed, OrderPlaced)
        assert placed.total == total
