"""Every row of the table of the saga, forward and back, on real servers and with a real outside world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.saga.platform import World


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


def test_an_order_goes_its_way_and_is_confirmed(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 5})
    order = world.shop.place({sku: 2})

    assert world.await_ended(order) == ["order.confirmed"]

    assert world.types(order) == [
        "order.placed",
        "inventory.reserved",
        "payment.requested",
        "payment.charged",
        "shipping.requested",
        "shipping.label_created",
        "order.confirmed",
    ]
    assert world.complaints([order]) == []


def test_each_event_says_what_caused_it(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 5})
    order = world.shop.place({sku: 1})
    world.await_ended(order)

    rows = world.shop.query(
        "SELECT event_id, causation_id, correlation_id, actor FROM events WHERE stream LIKE %s ORDER BY position",
        f"%-{order.order_id}",
    )

    assert len({correlation for _, _, correlation, _ in rows}) == 1
    assert [cause for _, cause, _, _ in rows[1:]] == [event_id for event_id, *_ in rows[:-1]]
    assert [actor for *_, actor in rows] == ["ada", "inventory", "payment", "payment", "shipping", "shipping", "order"]


def test_one_lacking_line_rejects_the_whole_order(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 5, f"{sku}-b": 1})
    order = world.shop.place({sku: 2, f"{sku}-b": 2, f"{sku}-unknown": 1})

    assert world.await_ended(order) == ["order.failed"]

    assert world.event(order, "order.failed").reason == "insufficient_inventory"
    lacking = {line.sku: line.available for line in world.event(order, "inventory.rejected").lacking}
    assert lacking == {f"{sku}-b": 1, f"{sku}-unknown": 0}
    assert world.complaints([order]) == []


def test_a_decline_frees_the_stock(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 2})
    world.provider.go_wrong({"operation": "charge", "fault": "decline", "code": "insufficient_funds"})
    order = world.shop.place({sku: 2})

    assert world.await_ended(order) == ["order.failed"]

    assert world.event(order, "order.failed").reason == "payment_failed"
    assert world.types(order)[-3:] == ["payment.declined", "inventory.released", "order.failed"]
    assert world.complaints([order]) == []


def test_a_carrier_that_refuses_gives_the_money_back(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 2})
    world.carrier.go_wrong({"operation": "book", "fault": "decline", "code": "no_such_street"})
    order = world.shop.place({sku: 2})

    assert world.await_ended(order) == ["order.failed"]

    assert world.event(order, "order.failed").reason == "shipping_failed"
    assert world.types(order)[-5:] == [
        "shipping.failed",
        "payment.refund_requested",
        "payment.refunded",
        "inventory.released",
        "order.failed",
    ]
    assert world.complaints([order]) == []
