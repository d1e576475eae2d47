"""Each participant dies at each of its crash points, alone, while all others go on; a new one takes its place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.saga.platform import World
from tests.support.saga.process import SagaProcess
from tests.support.waiting import until

HEARS = ("saga.before_commit:2", "saga.committed:2")
ASKS = ("saga.claimed:1", "saga.asked_before_answer:1", "saga.before_answer_commit:1", "saga.answered:1")
POINTS = {
    "inventory": HEARS,
    "payment": HEARS + ASKS,
    "shipping": HEARS + ASKS,
    "order": HEARS,
    "watchdog": ("saga.deadlines_noted:1",),
}
ORDERS = 8

Everybody = dict[str, SagaProcess]


@pytest.fixture(scope="module")
def everybody(world: World) -> Iterator[Everybody]:
    """Each in a process of its own, under a name that its heir takes over: so no death waits for a session to end."""
    yield {name: world.start(name, SAGA__INSTANCE="one") for name in POINTS}
    world.stop_all()


@pytest.fixture(autouse=True)
def some_parcels_are_refused(world: World) -> Iterator[None]:
    """So that orders go forward and back through whoever dies."""
    world.carrier.go_wrong({"operation": "book", "fault": "decline", "probability": 0.4})
    yield
    world.carrier.go_right()


@pytest.mark.parametrize(("victim", "point"), [(name, point) for name, points in POINTS.items() for point in points])
def test_whoever_dies_and_wherever_each_order_ends_once(
    world: World, sku: str, everybody: Everybody, victim: str, point: str
) -> None:
    world.stop(everybody[victim])
    world.shop.receive(**{sku: ORDERS})
    orders = world.shop.place_many([{sku: 1}] * ORDERS)
    dying = world.start(victim, SAGA__INSTANCE="one", SAGA__BATCH="4", CRASH_POINT=point)
    until(lambda: dying.status is not None, f"{victim} dies at {point}", 120)
    assert dying.status == 137, dying.said

    everybody[victim] = world.start(victim, SAGA__INSTANCE="one")

    assert set(world.await_ended(*orders)) <= {"order.confirmed", "order.failed"}
    world.await_quiet()
    assert world.complaints(orders) == []
    world.stop(dying)
