"""kill -9 at any place, duplicates from the relay, partitions that wander: the models are the fold of the log."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

import pytest

from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import Told, tell
from tests.support.waiting import until

MODELS = read_models()
DIED = 137
BATCH = "20"


def demand_fold(platform: Platform, log: Sequence[Told], *names: str) -> None:
    models = [model for model in MODELS if not names or model.name in names]
    for model in models:
        until(partial(platform.has_applied, model, log), f"{model.name} is level")
    wanted = expected(log)
    for model in models:
        assert platform.shown(model) == wanted[model.name], model.name


def repeated(log: Sequence[Told], seed: int) -> list[Told]:
    """As a relay publishes that fails now and then and begins again at its checkpoint."""
    chance = random.Random(seed)
    told: list[Told] = []
    at = 0
    while at < len(log):
        until_ = min(len(log), at + chance.randrange(1, 60))
        told += log[at:until_]
        at = max(0, until_ - chance.randrange(30)) if chance.random() < 0.5 else until_
    return told


@pytest.mark.parametrize(
    ("point", "passes"),
    [
        ("projector.before_write", 1),
        ("projector.before_write", 9),
        ("projector.mid_bulk", 1),
        ("projector.mid_bulk", 4),
        ("projector.written", 2),
        ("projector.written", 8),
        ("projector.marked", 3),
    ],
)
def test_a_crash_anywhere_costs_a_repetition_and_nothing_else(
    platform: Platform, start_projector: StartProjector, point: str, passes: int
) -> None:
    log = tell(passes, orders=40)
    platform.publish(log)

    died = start_projector(platform, CRASH_POINT=f"{point}:{passes}", PROJECTOR__BATCH=BATCH)
    until(lambda: died.status == DIED, f"it dies at {point}")

    start_projector(platform, PROJECTOR__BATCH=BATCH)
    demand_fold(platform, log)


def test_marks_that_move_before_the_documents_lose_some(platform: Platform, start_projector: StartProjector) -> None:
    """The mutant: without the order of things the test above would fail."""
    log = tell(5, orders=40)
    platform.publish(log)

    died = start_projector(
        platform, "customer_orders", mutant="marks_first", CRASH_POINT="projector.written:1", PROJECTOR__BATCH="500"
    )
    until(lambda: died.status == DIED, "it dies")

    start_projector(platform, "customer_orders")
    with pytest.raises(AssertionError, match="customer_orders"):
        demand_fold(platform, log, "customer_orders")


def test_what_is_published_twice_is_counted_once(platform: Platform, start_projector: StartProjector) -> None:
    log = tell(11, orders=60)
    platform.publish(repeated(log, 3))

    start_projector(platform, PROJECTOR__BATCH=BATCH)

    demand_fold(platform, log)


def test_partitions_that_wander_between_processes(platform: Platform, start_projector: StartProjector) -> None:
    """Processes come, go in good order, are killed, and one sleeps until it has lost everything and wakes up again."""
    log = tell(21, orders=120)
    thirds = len(log) // 3
    platform.publish(log[:thirds])
    sleeper = start_projector(platform, PROJECTOR__BATCH="5")
    killed = start_projector(platform, PROJECTOR__BATCH="5")
    until(lambda: any(platform.marks(MODELS[0]).values()), "something is applied")
    sleeper.freeze()
    platform.publish(log[thirds : 2 * thirds])
    ended = start_projector(platform, PROJECTOR__BATCH="5")
    killed.kill()
    platform.publish(log[2 * thirds :])
    start_projector(platform, PROJECTOR__BATCH="5")
    assert ended.end() == 0
    sleeper.thaw()

    demand_fold(platform, log)
