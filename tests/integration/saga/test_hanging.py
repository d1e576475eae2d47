"""A provider that hangs on one order in a hundred leaves the time of the others as it was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from uuid import uuid4

import pytest

from tests.support.saga.platform import World
from tests.support.saga.shop import Order

pytestmark = pytest.mark.alone

MANY = 200
ATTEMPTS = 6
"""That hang, before one is answered."""
HANGS_SECONDS = 2.8
"""So many, each of which is given up after 0.5 s, less what clocks and timers differ."""
FLOOR_SECONDS = 0.5
"""Below that, twice as much is the machine's noise, and still less than somebody who waited behind one that hangs."""


@pytest.mark.parametrize("at_a_time", ["64", "1"], ids=["none", "one_at_a_time"])
def test_one_in_a_hundred_hangs_and_the_others_go_on(world: World, sku: str, at_a_time: str) -> None:
    """The mutant asks for one payment after the other, so that everybody waits behind the one that hangs."""
    world.start("all", PAYMENTS__CONCURRENCY=at_a_time)
    world.shop.receive(**{sku: 2 * MANY})
    undisturbed = seconds_of(world, world.shop.place_many([{sku: 1}] * MANY))
    hung = [str(uuid4()) for _ in range(MANY // 100)]
    world.provider.go_wrong(
        *({"operation": "charge", "fault": "hang", "key": f"payment-{one}", "first": ATTEMPTS} for one in hung)
    )

    orders = world.shop.place_many([{sku: 1}] * MANY, ids=hung)
    world.await_ended(*orders)

    hanging, flowing = orders[: len(hung)], orders[len(hung) :]
    assert min(seconds_of(world, hanging)) > HANGS_SECONDS
    goes_on = p99(seconds_of(world, flowing)) < 2 * max(p99(undisturbed), FLOOR_SECONDS)
    assert goes_on is (at_a_time != "1")
    world.await_quiet()
    assert world.complaints(orders) == []
    world.provider.go_right()
    world.stop_all()


def p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def seconds_of(world: World, orders: Sequence[Order]) -> list[float]:
    """From the placing to the end, by the database's clock."""
    world.await_ended(*orders)
    return [
        float(seconds)
        for (seconds,) in world.shop.query(
            "SELECT extract(epoch FROM max(recorded_at) - min(recorded_at)) FROM events "
            "WHERE stream = ANY (%s) GROUP BY stream",
            [f"order-{order.order_id}" for order in orders],
        )
    ]
