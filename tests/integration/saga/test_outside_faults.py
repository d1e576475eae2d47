"""Whatever the outside world does wrong: no card is charged twice, nothing is refunded twice or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.saga.platform import World
from tests.support.waiting import until


@pytest.fixture(scope="module", autouse=True)
def everybody(world: World) -> Iterator[None]:
    world.start("all")
    yield
    world.stop_all()


@pytest.fixture(autouse=True)
def nothing_goes_wrong(world: World) -> Iterator[None]:
    yield
    world.provider.go_right()
    world.carrier.go_right()


def test_a_refund_that_fails_nineteen_times_and_whose_reply_is_lost_is_made_once(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 1})
    world.carrier.go_wrong({"operation": "book", "fault": "decline"})
    world.provider.go_wrong(
        {"operation": "refund", "fault": "error_before", "first": 19},
        {"operation": "refund", "fault": "lost_reply", "attempts": [20]},
    )
    order = world.shop.place({sku: 1})

    assert world.await_ended(order) == ["order.failed"]

    assert len(world.provider.calls("refund", f"refund-{order.order_id}")) >= 21
    assert len(world.provider.effects("refund", order_id=order.order_id)) == 1
    assert world.complaints([order]) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "lost_reply", "first": 1},
        {"fault": "error_after", "first": 2},
        {"fault": "error_before", "first": 4},
        {"fault": "hang_after", "first": 1},
        {"fault": "duplicate", "times": 1},
        {"fault": "rate_limited", "first": 1, "retry_after": 0},
        {"fault": "truncated", "first": 1},
    ],
    ids=lambda fault: fault["fault"],
)
def test_whatever_becomes_of_the_answer_the_effect_is_one(world: World, sku: str, fault: dict[str, object]) -> None:
    world.shop.receive(**{sku: 3})
    world.provider.go_wrong({"operation": "charge", **fault})
    world.carrier.go_wrong({"operation": "book", **fault})
    orders = world.shop.place_many([{sku: 1}] * 3)

    assert world.await_ended(*orders) == ["order.confirmed"] * 3

    assert world.complaints(orders) == []


def test_a_provider_that_is_killed_and_comes_back_finishes_every_order(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 20})
    orders = world.shop.place_many([{sku: 1}] * 20)
    world.provider.kill()
    world.provider.restart()

    ends = Counter(world.await_ended(*orders))

    assert ends == {"order.confirmed": 20}
    assert world.complaints(orders) == []


def test_our_own_mistake_waits_for_an_operator(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 2})
    world.provider.go_wrong({"operation": "charge", "fault": "error_before", "status": 400, "times": 1})
    order = world.shop.place({sku: 1})
    world.await_types(order, "payment.requested")
    other = world.shop.place({sku: 1})

    assert world.await_ended(other) == ["order.confirmed"]
    rejected = "SELECT trouble FROM open_intents WHERE order_id = %s AND rejected_at IS NOT NULL"
    until(lambda: world.shop.query(rejected, order.order_id), "it is put aside")
    ((trouble,),) = world.shop.query(rejected, order.order_id)
    assert "400" in trouble


def test_no_answer_taken_for_a_decline_would_keep_the_money(world: World, sku: str) -> None:
    """The mutant that shows that the tests above can fail."""
    world.stop_all()
    world.start("all", mutant="timeout_is_decline")
    world.shop.receive(**{sku: 1})
    world.provider.go_wrong({"operation": "charge", "fault": "hang_after"})
    order = world.shop.place({sku: 1})

    assert world.await_ended(order) == ["order.failed"]

    assert any(f"the provider holds {order.total}" in complaint for complaint in world.complaints([order]))
