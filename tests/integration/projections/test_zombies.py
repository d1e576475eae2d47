"""A projector sleeps with its batch on the way to the store; another one takes over and writes what is newer; then the
late batch arrives. Nothing goes backwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.level import MODELS, demand_fold
from tests.support.read_models.platform import PARTITIONS, Platform
from tests.support.read_models.said import partitions_of
from tests.support.read_models.story import BEGAN, Told, placing
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import PATIENCE, until

BY_NAME = {model.name: model for model in MODELS}
ORDERS = [f"order-{number:03d}" for number in range(30)]


class Case(NamedTuple):
    model: str
    write: bytes
    """In the bytes that bring a batch to the store, and in nothing else that this model sends while it is awake."""
    mutant: str
    """Without what keeps the model from going backwards."""


SEARCH = Case("order_search", b"/_bulk", "without_versions")
CUSTOMERS = Case("customer_orders", b"EVALSHA", "writes_over_anything")
BOTH = pytest.mark.parametrize("case", [SEARCH, CUSTOMERS], ids=lambda case: case.model)


@contextmanager
def behind_a_proxy(platform: Platform, store: str) -> Iterator[tuple[TcpProxy, dict[str, str]]]:
    """And the settings with which a projector goes through it."""
    address = urlsplit(getattr(platform, f"{store}_url"))
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        behind = address._replace(netloc=f"{proxy.host}:{proxy.port}").geturl()
        yield proxy, {f"{store.upper()}__URL": behind}


def chapters() -> Iterator[list[Told]]:
    """The orders are placed, are to be cancelled, and are cancelled; at last somebody places another one."""
    chance = random.Random(61)
    position = 0

    def told(event: Any, version: int) -> Told:
        nonlocal position
        position += 1
        return Told(event, f"order-{event.order_id}", version, position, BEGAN)

    yield [told(placing(order, chance), 1) for order in ORDERS]
    yield [told(OrderCancellationRequested(order_id=order, reason="no more"), 2) for order in ORDERS]
    yield [told(OrderCancelled(order_id=order, reason="no more"), 3) for order in ORDERS]
    yield [told(placing("another", chance), 1)]


def come_late(platform: Platform, start_projector: StartProjector, case: Case, mutant: str) -> list[Told]:
    model = BY_NAME[case.model]
    placed, to_be_cancelled, cancelled, another = chapters()
    with behind_a_proxy(platform, model.store) as (proxy, settings):
        platform.publish(placed)
        zombie = start_projector(platform, model.name, mutant=mutant, **settings)
        until(lambda: platform.has_applied(model, placed), "it is level")

        proxy.hold(case.write)
        platform.publish(to_be_cancelled)
        assert proxy.triggered.wait(PATIENCE), "a batch is on its way"
        zombie.freeze()
        successor = start_projector(platform, model.name, mutant=mutant)
        until(lambda: partitions_of(successor, model.name) == PARTITIONS, "another one has taken over")
        platform.publish(cancelled)
        until(lambda: platform.has_applied(model, cancelled), "it has written what is newer")

        proxy.let_go()
        zombie.thaw()
        assert successor.end() == 0
        # Its batches follow one another: with this one written, it has heard what became of the late one.
        platform.publish(another)
        until(lambda: platform.has_applied(model, another), "the one that slept goes on alone")
    return [*placed, *to_be_cancelled, *cancelled, *another]


@BOTH
def test_a_batch_that_arrives_late_changes_nothing(
    platform: Platform, start_projector: StartProjector, case: Case
) -> None:
    log = come_late(platform, start_projector, case, "none")

    demand_fold(platform, log, case.model)


@BOTH
def test_without_a_look_at_what_is_there_a_batch_that_arrives_late_goes_backwards(
    platform: Platform, start_projector: StartProjector, case: Case
) -> None:
    """The mutant: the test above can fail."""
    log = come_late(platform, start_projector, case, case.mutant)

    with pytest.raises(AssertionError, match=case.model):
        demand_fold(platform, log, case.model)
