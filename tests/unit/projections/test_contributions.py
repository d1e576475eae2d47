"""What many documents add up to is compared by digests: whatever the order and the portions, equal if the sums are."""

from __future__ import annotations

import random

from eventing.consuming import Partition
from projections.contributions import Contribution, Totals, contributions, range_of
from projections.read_models.customer_orders import CUSTOMER_ORDERS

SUMS = [Contribution(f"sum:{number % 5}:t/0", "orders", number) for number in range(1, 60)]
PLACES = [Contribution("list:all", f"order-{number}", number % 3) for number in range(60)]


def totals(*contributed: Contribution) -> Totals:
    found = Totals()
    found.add(contributed)
    return found


def test_neither_order_nor_portions_matter() -> None:
    shuffled = random.Random(1).sample(SUMS + PLACES, len(SUMS + PLACES))
    at_once = [Contribution(f"sum:{group}:t/0", "orders", sum(range(group or 5, 60, 5))) for group in range(5)]

    assert totals(*SUMS, *PLACES).different(totals(*shuffled)) == frozenset()
    assert totals(*SUMS).different(totals(*at_once)) == frozenset()


def test_one_off_makes_its_own_range_suspicious() -> None:
    wrong = [*SUMS, Contribution("sum:3:t/0", "orders", -1)]
    moved = [one._replace(amount=one.amount + 1) if one.field == "order-7" else one for one in PLACES]

    assert totals(*SUMS).different(totals(*wrong)) == {range_of("sum:3:t/0")}
    assert totals(*PLACES).different(totals(*moved)) == {range_of("list:all")}
    assert totals(*PLACES).different(totals(*PLACES[1:])) == {range_of("list:all")}


def test_an_order_counts_for_its_customer_and_stands_in_its_list() -> None:
    document = {"customer_id": "ann", "status": "placed", "currency": "EUR", "total": 990, "placed_position": 7}
    (family,) = CUSTOMER_ORDERS.families

    assert set(contributions(family, "one", document, Partition("order.events.v1", 3))) == {
        ("sum:ann:order.events.v1/3", "orders", 1),
        ("sum:ann:order.events.v1/3", "status:placed", 1),
        ("sum:ann:order.events.v1/3", "total:EUR", 990),
        ("list:customer:ann", "one", 7),
    }
    assert list(contributions(family, "one", None, Partition("order.events.v1", 3))) == []


def test_a_document_that_no_fold_has_made_adds_nothing() -> None:
    document = {"customer_id": "ann", "status": "placed", "currency": "EUR", "total": 990, "placed_position": 7}
    (family,) = CUSTOMER_ORDERS.families

    for strange in ({}, {**document, "total": "much"}, {**document, "placed_position": None}):
        assert not list(contributions(family, "order-1", strange, Partition("t", 0)))
