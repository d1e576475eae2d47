"""What the carrier is asked for, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eventing.testing import scenario
from saga_choreography.outside import LabelCreated, Refused, Voided
from saga_choreography.participant import Answered
from saga_choreography.participants.shipping import SHIPPING
from tests.support.saga.words import (
    CANCELLATION,
    CHARGED,
    ELSEWHERE,
    LABELLED,
    NOTHING_TO_VOID,
    OFFICE,
    REFUSED,
    SHIPPING_REVOKED,
    TIMED_OUT,
    TO_SHIP,
    TO_VOID,
    VOIDED,
    forced,
    heard,
)

shipping = scenario(SHIPPING.decider)

BOOKED = Answered(TO_SHIP, LabelCreated("Nordpost", "T-1"))
NOT_BOOKED = Answered(TO_SHIP, Refused("address_unknown"))
TAKEN_BACK = Answered(TO_VOID, Voided("T-1"))
UNDO = [CANCELLATION, TIMED_OUT, forced("shipping")]


def test_a_parcel_is_booked_when_the_money_is_there() -> None:
    shipping.given().when(heard(CHARGED)).then(TO_SHIP)
    shipping.given().when_repeated(heard(CHARGED)).then_nothing()


def test_it_goes_where_the_customer_wants_it_last() -> None:
    shipping.given().when(heard(CHARGED, ELSEWHERE)).then(replace(TO_SHIP, address=OFFICE))


@pytest.mark.parametrize("trouble", UNDO)
def test_an_order_on_its_way_back_is_not_booked(trouble: object) -> None:
    shipping.given().when(heard(CHARGED, trouble)).then_nothing()


def test_there_is_a_label() -> None:
    shipping.given(TO_SHIP).when(BOOKED).then(LABELLED)
    shipping.given(TO_SHIP).when_repeated(BOOKED).then_nothing()


def test_the_carrier_refuses() -> None:
    shipping.given(TO_SHIP).when(NOT_BOOKED).then(REFUSED)
    shipping.given(TO_SHIP).when_repeated(NOT_BOOKED).then_nothing()


@pytest.mark.parametrize("cause", UNDO)
def test_a_label_is_voided(cause: object) -> None:
    shipping.given(TO_SHIP, LABELLED).when(heard(cause)).then(TO_VOID)
    shipping.given(TO_SHIP, LABELLED).when_repeated(heard(cause)).then_nothing()


def test_it_is_void_once() -> None:
    shipping.given(TO_SHIP, LABELLED, TO_VOID).when(TAKEN_BACK).then(VOIDED)
    shipping.given(TO_SHIP, LABELLED, TO_VOID).when_repeated(TAKEN_BACK).then_nothing()
    shipping.given(TO_SHIP, LABELLED, TO_VOID, VOIDED).when(heard(TIMED_OUT)).then_nothing()


@pytest.mark.parametrize("cause", UNDO)
def test_told_to_void_what_it_has_not_booked_it_writes_that_down_and_never_books_it(cause: object) -> None:
    shipping.given().when(heard(cause)).then(NOTHING_TO_VOID)
    shipping.given(NOTHING_TO_VOID).when(heard(cause)).then_nothing()
    shipping.given(NOTHING_TO_VOID).when(heard(CHARGED)).then_nothing()


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (CANCELLATION, "order.cancellation_requested"),
        (TIMED_OUT, "order.timed_out"),
        (forced("shipping"), "order.compensation_forced"),
    ],
)
def test_while_the_carrier_owes_an_answer_an_undoing_is_only_written_down(cause: object, named: str) -> None:
    shipping.given(TO_SHIP).when(heard(cause)).then(replace(SHIPPING_REVOKED, cause=named))
    shipping.given(TO_SHIP).when_repeated(heard(cause)).then_nothing()


def test_a_late_label_is_voided() -> None:
    shipping.given(TO_SHIP, SHIPPING_REVOKED).when(BOOKED).then(LABELLED, TO_VOID)
    shipping.given(TO_SHIP, SHIPPING_REVOKED).when_repeated(BOOKED).then_nothing()


def test_a_late_refusal_leaves_nothing_to_undo() -> None:
    shipping.given(TO_SHIP, SHIPPING_REVOKED).when(NOT_BOOKED).then(REFUSED)


def test_a_refused_parcel_has_nothing_to_undo() -> None:
    shipping.given(TO_SHIP, REFUSED).when(heard(CANCELLATION)).then_nothing()


@pytest.mark.parametrize("past", [(TO_SHIP, REFUSED), (NOTHING_TO_VOID,)])
def test_a_label_that_contradicts_an_earlier_answer_is_voided_and_is_nobodys_success(past: tuple[object, ...]) -> None:
    shipping.given(*past).when(BOOKED).then(TO_VOID)
    shipping.given(*past).when_repeated(BOOKED).then_nothing()


def test_a_refusal_that_contradicts_a_label_changes_nothing() -> None:
    shipping.given(TO_SHIP, LABELLED).when(NOT_BOOKED).then_nothing()


def test_two_labels_under_one_key_are_for_a_person_to_settle() -> None:
    again = Answered(TO_SHIP, LabelCreated("Nordpost", "T-2"))

    shipping.given(TO_SHIP, LABELLED).when(again).then_refused("labelled_twice", order_id="o-1")


def test_another_label_voided_is_not_this_one() -> None:
    past = TO_SHIP, LABELLED, TO_VOID

    shipping.given(*past).when(Answered(TO_VOID, Voided("T-2"))).then_refused("wrong_void", order_id="o-1")


@pytest.mark.parametrize("step", ["payment", "inventory", "order"])
def test_a_way_back_that_is_entered_behind_it_is_none_of_its_business(step: str) -> None:
    shipping.given(TO_SHIP, LABELLED).when(heard(forced(step))).then_nothing()
