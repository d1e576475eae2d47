"""A step that takes too long sends the order back, by the database's clock, whoever is asleep, dead or doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.saga.platform import PARTICIPANTS, World
from tests.support.saga.process import SagaProcess
from tests.support.waiting import until

SHORT = "1.0"
NOT_AT_ONCE = "5.0"
IN_TIME = "30.0"
LONG = "600"


@pytest.fixture(scope="module", autouse=True)
def participants(world: World) -> Iterator[dict[str, SagaProcess]]:
    yield {name: world.start(name) for name in PARTICIPANTS}
    world.stop_all()


@pytest.fixture(autouse=True)
def nothing_goes_wrong(world: World) -> Iterator[None]:
    yield
    world.provider.go_right()
    world.carrier.go_right()


def watchdog(world: World, step: str, seconds: str = SHORT) -> SagaProcess:
    """One for which all steps but this one have time."""
    others = {f"SAGA__{name.upper()}_SECONDS": LONG for name in PARTICIPANTS}
    return world.start("watchdog", **{**others, f"SAGA__{step.upper()}_SECONDS": seconds})


@pytest.fixture
def passing(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    made = watchdog(world, request.param)
    yield request.param
    world.stop(made)


@pytest.mark.parametrize("passing", ["inventory", "payment", "shipping", "order"], indirect=True)
def test_a_step_that_takes_too_long_sends_the_order_back(
    world: World, sku: str, participants: dict[str, SagaProcess], passing: str
) -> None:
    world.shop.receive(**{sku: 3})
    participants[passing].freeze()
    order = world.shop.place({sku: 2})

    world.await_types(order, "order.timed_out")
    participants[passing].thaw()

    assert world.await_ended(order) == ["order.failed"]
    assert world.event(order, "order.failed").reason == "timed_out"
    assert world.event(order, "order.timed_out").step == passing
    assert world.complaints([order]) == []
    began, fired = world.shop.query(
        "SELECT min(recorded_at) FILTER (WHERE type <> 'order.timed_out'), "
        "min(recorded_at) FILTER (WHERE type = 'order.timed_out') FROM events WHERE stream = %s",
        f"order-{order.order_id}",
    )[0]
    assert (fired - began).total_seconds() >= float(SHORT)


@pytest.mark.parametrize("passing", ["payment"], indirect=True)
def test_money_that_comes_too_late_is_given_back(world: World, sku: str, passing: str) -> None:
    world.shop.receive(**{sku: 1})
    world.provider.go_wrong({"operation": "charge", "fault": "late", "ms": 1500, "first": 1}, {"fault": "hang"})
    order = world.shop.place({sku: 1})
    world.await_types(order, "order.timed_out")
    until(lambda: world.provider.captured(order.order_id), "the money has come, and nobody knows")
    world.provider.go_right()

    assert world.await_ended(order) == ["order.failed"]

    assert "payment.revoked" in world.types(order)
    assert world.complaints([order]) == []


def test_an_order_in_time_hears_nothing_of_a_deadline(world: World, sku: str) -> None:
    watching = watchdog(world, "shipping", IN_TIME)
    world.shop.receive(**{sku: 1})
    order = world.shop.place({sku: 1})

    assert world.await_ended(order) == ["order.confirmed"]

    until(
        lambda: not world.shop.query("SELECT FROM order_deadlines WHERE order_id = %s", order.order_id), "all is over"
    )
    assert "order.timed_out" not in world.types(order)
    world.stop(watching)


def test_deadlines_survive_a_watchdog_and_two_fire_once(
    world: World, sku: str, participants: dict[str, SagaProcess]
) -> None:
    world.shop.receive(**{sku: 100})
    participants["payment"].freeze()
    killed = watchdog(world, "payment", NOT_AT_ONCE)
    orders = world.shop.place_many([{sku: 1}] * 20)
    until(
        lambda: len(world.shop.query("SELECT FROM order_deadlines WHERE step = 'payment'")) >= len(orders),
        "deadlines are entered",
    )
    killed.kill()
    two = [watchdog(world, "payment") for _ in range(2)]

    for order in orders:
        world.await_types(order, "order.timed_out")
    participants["payment"].thaw()

    assert set(world.await_ended(*orders)) == {"order.failed"}
    assert world.complaints(orders) == []
    world.stop(killed, *two)


def test_a_watchdog_ends_itself_and_comes_again(world: World, sku: str, participants: dict[str, SagaProcess]) -> None:
    """At the points where a crash could fire twice, or never."""
    world.shop.receive(**{sku: 10})
    for point in ("saga.deadlines_noted", "saga.before_fire_commit", "saga.fired"):
        participants["payment"].freeze()
        dying = world.start(
            "watchdog", SAGA__PAYMENT_SECONDS=SHORT, SAGA__INVENTORY_SECONDS=LONG, CRASH_POINT=f"{point}:1"
        )
        order = world.shop.place({sku: 1})
        assert dying.wait() == 137
        alive = watchdog(world, "payment")

        world.await_types(order, "order.timed_out")
        participants["payment"].thaw()

        assert world.await_ended(order) == ["order.failed"]
        assert world.complaints([order]) == []
        world.stop(dying, alive)
