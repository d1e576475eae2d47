"""Processes die at the worst moments, and are put back: each order ends once, stock and money balance."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.saga.platform import World
from tests.support.saga.shop import Order
from tests.support.waiting import until

POINTS = [
    "saga.before_commit",
    "saga.committed",
    "saga.claimed",
    "saga.asked_before_answer",
    "saga.before_answer_commit",
    "saga.answered",
]


@pytest.fixture(autouse=True)
def ends(world: World) -> Iterator[None]:
    yield
    world.stop_all()
    world.provider.go_right()
    world.carrier.go_right()


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_there_has_done_everything_once(world: World, sku: str, point: str) -> None:
    world.shop.receive(**{sku: 30})
    world.carrier.go_wrong({"operation": "book", "fault": "decline", "probability": 0.3})
    world.provider.go_wrong({"operation": "charge", "fault": "decline", "probability": 0.2})
    orders = world.shop.place_many([{sku: 1}] * 20)
    dying = [
        world.start(*names, SAGA__INSTANCE="one", SAGA__BATCH="8", CRASH_POINT=f"{point}:2")
        for names in (("inventory", "order"), ("payment",), ("shipping",))
    ]
    until(lambda: any(each.status == 137 for each in dying), f"somebody dies at {point}")
    time.sleep(random.random())  # the others die, or are killed amid whatever they do
    for each in dying:
        each.kill()

    world.start("all", SAGA__INSTANCE="one")

    ends = Counter(world.await_ended(*orders))
    assert set(ends) <= {"order.confirmed", "order.failed"}
    world.await_quiet()
    assert world.complaints(orders) == []


def test_processes_come_and_go_all_the_time(world: World, sku: str) -> None:
    """Rebalances and kills, with orders and cancellations coming in."""
    world.shop.receive(**{sku: 150})
    chance = random.Random(11)
    stays = world.start("all")
    orders: list[Order] = []
    for _ in range(3):
        comes = world.start("inventory", "payment")
        goes = world.start("shipping", "order")
        orders += world.shop.place_many([{sku: 1}] * 20)
        comes.await_partitions("inventory", 3)
        for order in chance.sample(orders, 5):
            world.shop.cancel(order)
        comes.kill()
        goes.end()
        world.stop(comes, goes)

    world.await_ended(*orders)
    world.await_quiet()
    assert world.complaints(orders) == []
    assert stays.status is None


def test_one_that_was_paused_for_longer_than_its_session_changes_nothing(world: World, sku: str) -> None:
    """It sleeps with whatever it has in its hands, and others handle that meanwhile."""
    world.shop.receive(**{sku: 100})
    others = world.start("payment", "shipping", "order")
    sleeper = world.start("inventory")
    sleeper.await_partitions("inventory", 6)
    first = world.shop.place_many([{sku: 1}] * 30)
    sleeper.freeze()
    heir = world.start("inventory")
    heir.await_partitions("inventory", 6)
    second = world.shop.place_many([{sku: 1}] * 30)
    world.await_ended(*first, *second)

    sleeper.thaw()
    third = world.shop.place_many([{sku: 1}] * 30)

    assert set(world.await_ended(*first, *second, *third)) == {"order.confirmed"}
    world.await_quiet()
    assert world.complaints([*first, *second, *third]) == []
    assert others.status is None


def test_one_that_is_told_to_end_finishes_first(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 50})
    process = world.start("all")
    process.await_partitions("order", 6)
    orders = world.shop.place_many([{sku: 1}] * 50)
    world.await_types(orders[0], "payment.requested")

    assert process.end() == 0

    assert not world.shop.query("SELECT FROM open_intents WHERE lease_until IS NOT NULL")
    world.start("all")
    assert set(world.await_ended(*orders)) == {"order.confirmed"}
    assert world.complaints(orders) == []
