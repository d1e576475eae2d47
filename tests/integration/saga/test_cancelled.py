"""An order is cancelled at each step of its way; it ends cancelled, and stock and money are as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest

from tests.support.saga.platform import PARTICIPANTS, World


class At(NamedTuple):
    """How far the order gets before it is cancelled."""

    event: str
    frozen: Sequence[str] = ()
    """Participants that are paused meanwhile."""
    payments: Mapping[str, Any] | None = None
    carrier: Mapping[str, Any] | None = None


STEPS = [
    At("order.placed", frozen=PARTICIPANTS),
    At("inventory.reserved", frozen=("payment", "shipping", "order")),
    At("payment.requested", payments={"operation": "charge", "fault": "hang_after", "first": 2}),
    At("payment.charged", frozen=("shipping", "order")),
    At("shipping.requested", carrier={"operation": "book", "fault": "hang_after", "first": 2}),
    At("shipping.label_created", frozen=("order",)),
]


@pytest.fixture(scope="module", autouse=True)
def each_alone(world: World) -> Iterator[None]:
    for name in PARTICIPANTS:
        world.start(name)
    yield
    world.stop_all()


@contextmanager
def frozen(world: World, names: Sequence[str]) -> Iterator[None]:
    with ExitStack() as stack:
        for process, name in zip(world.running, PARTICIPANTS, strict=False):
            if name in names:
                process.freeze()
                stack.callback(process.thaw)
        yield


@pytest.mark.parametrize("at", STEPS, ids=[at.event for at in STEPS])
def test_a_cancelled_order_leaves_nothing_behind(world: World, sku: str, at: At) -> None:
    world.shop.receive(**{sku: 3})
    world.provider.go_wrong(*([at.payments] if at.payments else []))
    world.carrier.go_wrong(*([at.carrier] if at.carrier else []))
    with frozen(world, at.frozen):
        order = world.shop.place({sku: 2})
        world.await_types(order, at.event)

        assert world.shop.cancel(order)

    assert world.await_ended(order) == ["order.cancelled"]
    assert world.event(order, "order.cancelled").reason == "changed my mind"
    assert world.complaints([order]) == []


def test_a_confirmed_order_can_not_be_cancelled(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 1})
    order = world.shop.place({sku: 1})
    world.await_ended(order)

    assert not world.shop.cancel(order)


def test_many_are_cancelled_at_any_moment(world: World, sku: str) -> None:
    world.shop.receive(**{sku: 100})
    orders = world.shop.place_many([{sku: 1}] * 30)

    cancelled = [world.shop.cancel(order) for order in orders]

    ends = world.await_ended(*orders)
    assert ends == ["order.cancelled" if each else "order.confirmed" for each in cancelled]
    assert world.complaints(orders) == []
