"""A provider that hangs on one order in a hundred leaves the time of the others as it was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from uuid import uuid4

import pytest

from tests.support.saga.platform import World
from tests.support.saga.shop import Order
from tests.support.waiting import until

pytestmark = pytest.mark.alone

MANY = 200
HANGS_SECONDS = "60"
FLOOR_SECONDS = 1.0
"""Below that, three times as much is the machine's noise, and far less than somebody who waited for one that hangs."""
MUTANT_SECONDS = 10.0


@pytest.mark.parametrize("at_a_time", ["64", "1"], ids=["none", "one_at_a_time"])
def test_one_in_a_hundred_hangs_and_the_others_go_on(world: World, sku: str, at_a_time: str) -> None:
    """The mutant asks for one payment after the other, so that everybody waits behind the one that hangs."""
    world.start(
        "all",
        PAYMENTS__CONCURRENCY=at_a_time,
        PAYMENTS__ATTEMPT_SECONDS=HANGS_SECONDS,
        PAYMENTS__DEADLINE_SECONDS=HANGS_SECONDS,
        SAGA__ASK_SECONDS=HANGS_SECONDS,
        SAGA__LEASE_SECONDS="61",
    )
    world.shop.receive(**{sku: 2 * MANY + 1})
    world.await_ended(world.shop.place({sku: 1}))  # everybody has come up
    before = p99(seconds_of(world, world.shop.place_many([{sku: 1}] * MANY)))
    hung = [str(uuid4()) for _ in range(MANY // 100)]
    keys = [f"payment-{order_id}" for order_id in hung]
    world.provider.go_wrong(*({"operation": "charge", "fault": "hang", "key": key, "first": 1} for key in keys))

    hanging = world.shop.place_many([{sku: 1}] * len(hung), ids=hung)
    until(lambda: any(world.provider.calls("charge", key) for key in keys), "one of them hangs")
    flowing = world.shop.place_many([{sku: 1}] * (MANY - len(hung)))

    if at_a_time == "1":
        with pytest.raises(AssertionError, match="not ended"):
            world.await_ended(*flowing, seconds=MUTANT_SECONDS)
    else:
        assert p99(seconds_of(world, flowing)) < 3 * max(before, FLOOR_SECONDS)
        assert [len(world.provider.calls("charge", key)) for key in keys] == [1] * len(keys), "they hang all the while"

    world.provider.kill()  # which ends the waiting
    world.provider.restart()
    world.await_ended(*hanging, *flowing)
    world.await_quiet()
    assert world.complaints([*hanging, *flowing]) == []
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
