"""What is taken from the customer, and what is given back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eventing.testing import scenario
from saga_choreography.outside import Charged, Declined, Refunded
from saga_choreography.participant import Answered
from saga_choreography.participants.payment import PAYMENT
from tests.support.saga.words import (
    CANCELLATION,
    CHARGED,
    DECLINED,
    MISCHARGED,
    NOTHING_TO_REFUND,
    NOTHING_TO_VOID,
    PAYMENT_REVOKED,
    REFUNDED,
    REFUSED,
    RESERVED,
    TIMED_OUT,
    TO_CHARGE,
    TO_REFUND,
    VOIDED,
    forced,
    heard,
)

payment = scenario(PAYMENT.decider)

TAKEN = Answered(TO_CHARGE, Charged("ch-1", 2699, "EUR"))
NOT_TAKEN = Answered(TO_CHARGE, Declined("insufficient_funds"))
GIVEN_BACK = Answered(TO_REFUND, Refunded("re-1", 2699, "EUR"))
UNDO = [VOIDED, NOTHING_TO_VOID, forced("payment")]


def test_the_total_is_asked_for_when_the_stock_is_set_aside() -> None:
    payment.given().when(heard(RESERVED)).then(TO_CHARGE)
    payment.given().when_repeated(heard(RESERVED)).then_nothing()


@pytest.mark.parametrize("trouble", [CANCELLATION, TIMED_OUT, forced("shipping")])
def test_an_order_on_its_way_back_is_not_charged(trouble: object) -> None:
    payment.given().when(heard(RESERVED, trouble)).then_nothing()


def test_the_money_is_taken() -> None:
    payment.given(TO_CHARGE).when(TAKEN).then(CHARGED)
    payment.given(TO_CHARGE).when_repeated(TAKEN).then_nothing()


def test_the_provider_declines() -> None:
    payment.given(TO_CHARGE).when(NOT_TAKEN).then(DECLINED)
    payment.given(TO_CHARGE).when_repeated(NOT_TAKEN).then_nothing()


@pytest.mark.parametrize("cause", [*UNDO, REFUSED])
def test_what_was_taken_is_given_back(cause: object) -> None:
    payment.given(TO_CHARGE, CHARGED).when(heard(cause)).then(TO_REFUND)
    payment.given(TO_CHARGE, CHARGED).when_repeated(heard(cause)).then_nothing()


def test_the_money_is_given_back_once() -> None:
    payment.given(TO_CHARGE, CHARGED, TO_REFUND).when(GIVEN_BACK).then(REFUNDED)
    payment.given(TO_CHARGE, CHARGED, TO_REFUND).when_repeated(GIVEN_BACK).then_nothing()
    payment.given(TO_CHARGE, CHARGED, TO_REFUND, REFUNDED).when(heard(VOIDED)).then_nothing()


@pytest.mark.parametrize("cause", UNDO)
def test_told_to_give_back_what_it_has_not_taken_it_writes_that_down_and_never_takes_it(cause: object) -> None:
    payment.given().when(heard(cause)).then(NOTHING_TO_REFUND)
    payment.given(NOTHING_TO_REFUND).when(heard(cause)).then_nothing()
    payment.given(NOTHING_TO_REFUND).when(heard(RESERVED)).then_nothing()


def test_while_the_provider_owes_an_answer_an_undoing_is_only_written_down() -> None:
    payment.given(TO_CHARGE).when(heard(NOTHING_TO_VOID)).then(PAYMENT_REVOKED)
    payment.given(TO_CHARGE).when_repeated(heard(NOTHING_TO_VOID)).then_nothing()


def test_forcing_it_waits_for_the_answer_as_well() -> None:
    revoked = replace(PAYMENT_REVOKED, cause="order.compensation_forced")

    payment.given(TO_CHARGE).when(heard(forced("payment"))).then(revoked)


def test_a_late_success_is_refunded() -> None:
    payment.given(TO_CHARGE, PAYMENT_REVOKED).when(TAKEN).then(CHARGED, TO_REFUND)
    payment.given(TO_CHARGE, PAYMENT_REVOKED).when_repeated(TAKEN).then_nothing()


def test_a_late_decline_leaves_nothing_to_undo() -> None:
    payment.given(TO_CHARGE, PAYMENT_REVOKED).when(NOT_TAKEN).then(DECLINED)


@pytest.mark.parametrize(
    "charge", [Charged("ch-1", 26, "EUR"), Charged("ch-1", 2700, "EUR"), Charged("ch-1", 2699, "SEK")]
)
@pytest.mark.parametrize("past", [(TO_CHARGE,), (TO_CHARGE, PAYMENT_REVOKED)])
def test_another_amount_or_currency_is_no_success_and_goes_back(charge: Charged, past: tuple[object, ...]) -> None:
    taken = replace(MISCHARGED, amount=charge.amount, currency=charge.currency)
    back = replace(TO_REFUND, amount=charge.amount, currency=charge.currency)
    answer = Answered(TO_CHARGE, charge)

    payment.given(*past).when(answer).then(taken, back)
    payment.given(*past).when_repeated(answer).then_nothing()


@pytest.mark.parametrize("past", [(TO_CHARGE, DECLINED), (NOTHING_TO_REFUND,)])
def test_a_success_that_contradicts_an_earlier_answer_goes_back(past: tuple[object, ...]) -> None:
    taken = replace(MISCHARGED, amount=2699)

    payment.given(*past).when(TAKEN).then(taken, TO_REFUND)
    payment.given(*past).when_repeated(TAKEN).then_nothing()


def test_a_decline_that_contradicts_a_success_changes_nothing() -> None:
    payment.given(TO_CHARGE, CHARGED).when(NOT_TAKEN).then_nothing()


def test_two_charges_under_one_key_are_for_a_person_to_settle() -> None:
    again = Answered(TO_CHARGE, Charged("ch-2", 2699, "EUR"))

    payment.given(TO_CHARGE, CHARGED).when(again).then_refused("charged_twice", order_id="o-1")


@pytest.mark.parametrize("refund", [Refunded("re-1", 1, "EUR"), Refunded("re-1", 2699, "SEK")])
def test_a_refund_that_falls_short_is_none(refund: Refunded) -> None:
    past = TO_CHARGE, CHARGED, TO_REFUND

    payment.given(*past).when(Answered(TO_REFUND, refund)).then_refused("wrong_refund", order_id="o-1")


@pytest.mark.parametrize("step", ["shipping", "inventory", "order"])
def test_a_way_back_that_is_entered_elsewhere_is_waited_for(step: str) -> None:
    payment.given(TO_CHARGE, CHARGED).when(heard(forced(step))).then_nothing()


def test_a_charge_for_an_order_that_was_never_placed_is_refused() -> None:
    stranger = replace(heard(RESERVED), seen={"order": ()})

    payment.given().when(stranger).then_refused("order_not_found")
