"""A Redis that comes back a little older is read on from where it is, and never written to from where it was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from event_schemas.order.confirmed import OrderConfirmed
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.independent import expected
from tests.support.read_models.older_copies import copy_of, set_back
from tests.support.read_models.platform import Platform
from tests.support.read_models.said import last_error, state
from tests.support.read_models.story import BEGAN, Told, placing
from tests.support.waiting import until

MODELS = [model for model in read_models() if model.name in {"customer_orders", "sales_by_day"}]
ORDERS = 40


def placed() -> list[Told]:
    chance = random.Random(1)
    events = [placing(f"order-{number:04d}", chance) for number in range(ORDERS)]
    return [Told(event, f"order-{event.order_id}", 1, at, BEGAN) for at, event in enumerate(events, 1)]


def confirmed(log: Sequence[Told], after: int) -> list[Told]:
    return [Told(OrderConfirmed(order_id=one.key), one.stream, 2, at, BEGAN) for at, one in enumerate(log, after + 1)]


PLACED = placed()
LOST = confirmed(PLACED[: ORDERS // 2], ORDERS)
"""What an older copy lacks."""
NEXT = confirmed(PLACED[ORDERS // 2 :], ORDERS + len(LOST))
"""Of other orders, in the same partitions: a mark that moves with these moves past the lost ones."""


def has_said(platform: Platform, model: str) -> bool:
    """Its report comes once a second, and may be from before."""
    return "an older copy" in last_error(platform, model) and state(platform, model) == "running"


def level(platform: Platform, log: Sequence[Told]) -> None:
    for model in MODELS:
        until(partial(platform.has_applied, model, log), f"{model.name} is level")


def lose_the_last_moment(platform: Platform) -> None:
    platform.publish(PLACED)
    level(platform, PLACED)
    copy = copy_of(platform, MODELS)
    platform.publish(LOST)
    level(platform, [*PLACED, *LOST])

    set_back(platform, MODELS, copy)


def test_what_an_older_copy_lacks_is_applied_again_without_another_event(
    platform: Platform, start_projector: StartProjector
) -> None:
    start_projector(platform, *(model.name for model in MODELS))

    lose_the_last_moment(platform)

    log = [*PLACED, *LOST]
    level(platform, log)
    for model in MODELS:
        assert platform.shown(model) == expected(log)[model.name]
        until(partial(has_said, platform, model.name), "it is said, and goes on")


def test_what_comes_next_is_not_put_upon_an_older_copy(platform: Platform, start_projector: StartProjector) -> None:
    start_projector(platform, *(model.name for model in MODELS))

    lose_the_last_moment(platform)
    platform.publish(NEXT)

    log = [*PLACED, *LOST, *NEXT]
    level(platform, log)
    for model in MODELS:
        assert platform.shown(model) == expected(log)[model.name]


def test_who_never_asks_where_the_store_stands_leaves_something_out(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The mutant: the test above can fail, and the positions say that all is well."""
    start_projector(platform, *(model.name for model in MODELS), mutant="never_asks_where_it_stands")

    lose_the_last_moment(platform)
    platform.publish(NEXT)

    log = [*PLACED, *LOST, *NEXT]
    level(platform, log)
    for model in MODELS:
        assert platform.shown(model).sums != expected(log)[model.name].sums
