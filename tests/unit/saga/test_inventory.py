"""What inventory sets aside, and when it is free again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.values import LackingLine, OrderLine, SkuQuantity
from eventing.testing import scenario
from saga_choreography.participants.inventory import INVENTORY, moves, skus
from tests.support.saga.words import (
    DECLINED,
    ID,
    LINES,
    NOTHING_TO_REFUND,
    PLACED,
    REFUNDED,
    REJECTED,
    RESERVED,
    forced,
    heard,
    released,
)

inventory = scenario(INVENTORY.decider)


def test_all_lines_are_set_aside() -> None:
    inventory.given().when(heard(PLACED, MUG=2, PEN=1)).then(RESERVED)


def test_or_none_is_and_what_is_lacking_is_said() -> None:
    inventory.given().when(heard(PLACED, MUG=1, PEN=9)).then(REJECTED)


def test_a_product_that_was_never_in_stock_is_lacking() -> None:
    lacking = (LackingLine(sku="MUG", wanted=2, available=0), LackingLine(sku="PEN", wanted=1, available=0))

    inventory.given().when(heard(PLACED)).then(InventoryRejected(order_id=ID, lacking=lacking))


def test_several_lines_of_one_product_want_it_together() -> None:
    twice = replace(PLACED, lines=tuple(OrderLine(sku="MUG", name="Mug", quantity=2, unit_price=1) for _ in range(2)))

    inventory.given().when(heard(twice, MUG=4)).then(
        InventoryReserved(order_id=ID, lines=(SkuQuantity(sku="MUG", quantity=4),))
    )
    inventory.given().when(heard(twice, MUG=3)).then(
        InventoryRejected(order_id=ID, lacking=(LackingLine(sku="MUG", wanted=4, available=3),))
    )


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        (DECLINED, "payment.declined"),
        (REFUNDED, "payment.refunded"),
        (NOTHING_TO_REFUND, "payment.refunded"),
        (forced("inventory"), "order.compensation_forced"),
    ],
)
def test_what_was_set_aside_is_free_again(asked: object, cause: str) -> None:
    inventory.given(RESERVED).when(heard(asked)).then(released(*LINES, cause=cause))
    inventory.given(RESERVED).when_repeated(heard(asked)).then_nothing()


def test_told_to_free_what_it_has_not_set_aside_it_writes_that_down_and_never_sets_it_aside() -> None:
    nothing = released(cause="payment.refunded")

    inventory.given().when(heard(NOTHING_TO_REFUND)).then(nothing)
    inventory.given(nothing).when(heard(PLACED, MUG=9, PEN=9)).then_nothing()


def test_what_is_free_is_not_freed_again() -> None:
    inventory.given(RESERVED, released(*LINES, cause="payment.declined")).when(heard(REFUNDED)).then_nothing()
    inventory.given(REJECTED).when(heard(NOTHING_TO_REFUND)).then_nothing()


def test_a_way_back_that_is_entered_elsewhere_is_waited_for() -> None:
    inventory.given(RESERVED).when(heard(forced("shipping"))).then_nothing()
    inventory.given(RESERVED).when(heard(forced("payment"))).then_nothing()


def test_the_levels_that_a_decision_may_touch_are_those_of_the_order() -> None:
    reserved = INVENTORY.decider.fold([RESERVED])

    assert {*skus(PLACED, INVENTORY.decider.initial)} == {"MUG", "PEN"}
    assert {*skus(REFUNDED, reserved)} == {"MUG", "PEN"}
    assert {*skus(REFUNDED, INVENTORY.decider.initial)} == set()


def test_what_is_set_aside_and_freed_comes_to_nothing() -> None:
    back = released(*LINES, cause="payment.declined")

    assert moves(RESERVED) == {"MUG": -2, "PEN": -1}
    assert moves(back) == {"MUG": 2, "PEN": 1}
    assert moves(REJECTED) == {}
