"""How an order ends: once, and as what the customer is told."""

from __future__ import annotations

import pytest

from event_schemas.order.failed import FailureReason
from eventing.testing import scenario
from saga_choreography.participant import CompensationForced, DeadlinePassed, Heard
from saga_choreography.participants.order import ORDER
from tests.support.saga.words import (
    CANCELLATION,
    CANCELLED,
    CONFIRMED,
    ELSEWHERE,
    LABELLED,
    LINES,
    PLACED,
    REFUSED,
    REJECTED,
    TIMED_OUT,
    TO_SHIP,
    failed,
    forced,
    heard,
    released,
)

order = scenario(ORDER.decider)

RELEASED = released(*LINES, cause="payment.declined")
ENDS = [CONFIRMED, CANCELLED, failed("payment_failed")]


def test_an_order_that_has_a_label_is_confirmed() -> None:
    order.given(PLACED, ELSEWHERE).when(heard(LABELLED)).then(CONFIRMED)
    order.given(PLACED).when_repeated(heard(LABELLED)).then_nothing()


def test_it_fails_where_something_is_lacking() -> None:
    order.given(PLACED).when(heard(REJECTED)).then(failed("insufficient_inventory"))
    order.given(PLACED).when_repeated(heard(REJECTED)).then_nothing()


def test_it_fails_unpaid() -> None:
    order.given(PLACED).when(heard(RELEASED)).then(failed("payment_failed"))
    order.given(PLACED).when_repeated(heard(RELEASED)).then_nothing()


def test_it_fails_unsent() -> None:
    back = released(*LINES, cause="payment.refunded")

    order.given(PLACED).when(heard(back, shipment=(TO_SHIP, REFUSED))).then(failed("shipping_failed"))


@pytest.mark.parametrize(("trouble", "reason"), [(TIMED_OUT, "timed_out"), (forced("shipping"), "compensation_forced")])
@pytest.mark.parametrize("end", [REJECTED, RELEASED, forced("order")])
def test_it_fails_by_what_sent_it_back(trouble: object, reason: FailureReason, end: object) -> None:
    order.given(PLACED, trouble).when(heard(end)).then(failed(reason))


@pytest.mark.parametrize("end", [REJECTED, RELEASED, forced("order")])
@pytest.mark.parametrize("others", [(), (TIMED_OUT,), (forced("shipping"),)])
def test_a_cancellation_that_was_admitted_is_how_it_ends(end: object, others: tuple[object, ...]) -> None:
    order.given(PLACED, *others, CANCELLATION).when(heard(end)).then(CANCELLED)
    order.given(PLACED, CANCELLATION, *others).when(heard(end)).then(CANCELLED)


@pytest.mark.parametrize("trouble", [CANCELLATION, TIMED_OUT, forced("shipping")])
def test_a_label_that_comes_too_late_confirms_nothing(trouble: object) -> None:
    order.given(PLACED, trouble).when(heard(LABELLED)).then_nothing()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("said", [LABELLED, REJECTED, RELEASED, forced("order")])
def test_it_ends_once(end: object, said: object) -> None:
    order.given(PLACED, end).when(heard(said)).then_nothing()


@pytest.mark.parametrize("step", ["shipping", "payment", "inventory"])
def test_forced_back_further_up_it_waits_for_its_turn(step: str) -> None:
    order.given(PLACED, forced(step)).when(heard(forced(step))).then_nothing()


def test_a_deadline_passes() -> None:
    order.given(PLACED).when(DeadlinePassed("payment")).then(TIMED_OUT)
    order.given(PLACED).when_repeated(DeadlinePassed("payment")).then_nothing()


@pytest.mark.parametrize("past", [CANCELLATION, TIMED_OUT, forced("payment"), *ENDS])
def test_a_deadline_means_nothing_on_the_way_back_or_after_the_end(past: object) -> None:
    order.given(PLACED, past).when(DeadlinePassed("order")).then_nothing()


@pytest.mark.parametrize("past", [(), (CANCELLATION,), (TIMED_OUT,), (forced("shipping"),)])
def test_an_operator_forces_it_back_as_often_as_it_stands_still(past: tuple[object, ...]) -> None:
    asked = CompensationForced("the carrier has closed", "payment")

    order.given(PLACED, *past).when(asked).then(forced("payment"))


@pytest.mark.parametrize("end", ENDS)
def test_what_has_ended_is_not_forced_back(end: object) -> None:
    order.given(PLACED, end).when(CompensationForced("too late", "shipping")).then_refused("order_ended")


@pytest.mark.parametrize("asked", [Heard(LABELLED), DeadlinePassed("order"), CompensationForced("why", "order")])
def test_an_order_that_was_never_placed_is_not_found(asked: object) -> None:
    order.given().when(asked).then_refused("order_not_found")
