"""kill -9 at each place on the way of a batch, model by model: what is left, and what the next process makes of it.

Each case runs one model, so that it is known in whose batch the process dies, and looks at what the dead one has left:
a crash that leaves everything written proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from eventing.consuming import Partition
from eventing.partitioning import partition_of
from projections.read_model import ReadModel
from projections.stores.redis import CALL
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.level import MODELS, demand_fold
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import PARTITIONS, Platform, record
from tests.support.read_models.story import Told, tell
from tests.support.waiting import until

BY_NAME = {model.name: model for model in MODELS}
SEARCH, CUSTOMERS = BY_NAME["order_search"], BY_NAME["customer_orders"]
DIED = 137
SMALL, LARGE = "20", "5000"
MANY = 4 * CALL
"""Orders: Redis takes several calls for a batch of them, even if Kafka does not hand out all at once."""


def die(
    platform: Platform,
    start_projector: StartProjector,
    point: str,
    *models: str,
    batch: str = SMALL,
    mutant: str = "none",
) -> None:
    died = start_projector(platform, *models, mutant=mutant, CRASH_POINT=point, PROJECTOR__BATCH=batch)
    until(lambda: died.status == DIED, f"it dies at {point}")


class Left(NamedTuple):
    """What a process that died has left of a model whose documents are orders."""

    documents: int
    ahead: int
    """Documents beyond the mark of their partition."""


def left(platform: Platform, model: ReadModel) -> Left:
    marks = platform.marks(model)
    (topic,) = model.topics
    positions = {order: position for order, (position, _) in platform.shown(model).documents.items()}
    ahead = sum(
        position > marks.get(Partition(topic, partition_of(order, PARTITIONS)), 0)
        for order, position in positions.items()
    )
    return Left(len(positions), ahead)


@pytest.mark.parametrize(
    ("model", "point", "leaves_documents_ahead"),
    [
        (SEARCH, "projector.before_write:1", False),
        (SEARCH, "projector.before_write:5", False),
        (SEARCH, "projector.mid_bulk:1", True),
        (SEARCH, "projector.mid_bulk:6", True),
        (SEARCH, "projector.written:1", True),
        (SEARCH, "projector.written:5", True),
        (SEARCH, "projector.marked:1", False),
        (SEARCH, "projector.marked:5", False),
        (CUSTOMERS, "projector.before_write:1", False),
        (CUSTOMERS, "projector.before_write:5", False),
        (CUSTOMERS, "projector.written:1", False),  # in Redis they move in one call
        (CUSTOMERS, "projector.written:5", False),
    ],
)
def test_a_crash_anywhere_costs_a_repetition_and_nothing_else(
    platform: Platform, start_projector: StartProjector, model: ReadModel, point: str, *, leaves_documents_ahead: bool
) -> None:
    log = tell(1, orders=40)
    platform.publish(log)

    die(platform, start_projector, point, model.name)
    found = left(platform, model)
    assert bool(found.ahead) == leaves_documents_ahead
    assert found.documents < 40

    start_projector(platform, model.name, PROJECTOR__BATCH=SMALL)
    demand_fold(platform, log, model.name)


def die_between_calls(platform: Platform, start_projector: StartProjector, calls: int, mutant: str) -> Sequence[Told]:
    """The log, of which a process has left so many calls of a batch in Redis, and the next one what has come since."""
    log = list(placed(MANY))
    platform.publish(log)
    die(platform, start_projector, f"projector.mid_bulk:{calls}", CUSTOMERS.name, batch=LARGE, mutant=mutant)
    found = left(platform, CUSTOMERS)
    assert found.ahead, "some are there, and no mark has followed"
    assert found.documents < MANY, "and not all of them"

    more = list(confirmed(log[::3], len(log) + 1))
    platform.publish(more)
    start_projector(platform, CUSTOMERS.name, mutant=mutant, PROJECTOR__BATCH=LARGE)
    return log + more


@pytest.mark.parametrize("calls", [1, 2])
def test_a_crash_between_the_calls_of_one_batch_counts_nothing_twice(
    platform: Platform, start_projector: StartProjector, calls: int
) -> None:
    log = die_between_calls(platform, start_projector, calls, "none")

    demand_fold(platform, log, CUSTOMERS.name)


def test_without_a_look_at_what_a_document_was_folded_from_it_is_counted_twice(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The mutant: the test above can fail."""
    log = die_between_calls(platform, start_projector, 1, "writes_over_anything")

    with pytest.raises(AssertionError, match="customer_orders"):
        demand_fold(platform, log, CUSTOMERS.name)


def die_after_parking(platform: Platform, start_projector: StartProjector, mutant: str) -> Sequence[Told]:
    """The log but for one order that nobody can read; the process that parked it has died before it moved any mark."""
    log = tell(6, orders=40)
    broken = next(told for told in log if told.type == "order.placed")
    platform.publish_raw(
        (told.topic, told.key, value[:-3] if told is broken else value, headers)
        for told in log
        for value, headers in [record(told)]
    )
    die(platform, start_projector, "projector.parked:1", CUSTOMERS.name, mutant=mutant)
    assert parked(platform)[0] == broken.position
    assert left(platform, CUSTOMERS).ahead, "documents of the batch are there, and no mark has followed"

    start_projector(platform, CUSTOMERS.name, mutant=mutant, PROJECTOR__BATCH=SMALL)
    until(lambda: platform.has_applied(CUSTOMERS, log), "it goes on")
    assert parked(platform) == [
        told.position for told in log if told.key == broken.key and told.type in CUSTOMERS.heard_by
    ]
    return [told for told in log if told.key != broken.key]


def parked(platform: Platform) -> Sequence[int]:
    return [position for (position,) in platform.query("SELECT position FROM parked_events ORDER BY kafka_offset")]


def test_a_crash_between_the_parking_and_the_marks_parks_and_counts_nothing_twice(
    platform: Platform, start_projector: StartProjector
) -> None:
    log = die_after_parking(platform, start_projector, "none")

    demand_fold(platform, log, CUSTOMERS.name)


def test_without_that_look_what_was_written_before_the_parking_is_counted_twice(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The mutant: the test above can fail."""
    log = die_after_parking(platform, start_projector, "writes_over_anything")

    with pytest.raises(AssertionError, match="customer_orders"):
        demand_fold(platform, log, CUSTOMERS.name)


def test_marks_that_move_before_the_documents_lose_some(platform: Platform, start_projector: StartProjector) -> None:
    """The mutant: without the order of things the test of any crash would fail."""
    log = tell(5, orders=40)
    platform.publish(log)

    die(platform, start_projector, "projector.written:1", CUSTOMERS.name, batch="500", mutant="marks_first")

    start_projector(platform, CUSTOMERS.name)
    with pytest.raises(AssertionError, match="customer_orders"):
        demand_fold(platform, log, CUSTOMERS.name)


@pytest.mark.parametrize("point", ["projector.before_write:9", "projector.written:8"])
def test_a_process_that_keeps_all_models_dies(platform: Platform, start_projector: StartProjector, point: str) -> None:
    log = tell(9, orders=40)
    platform.publish(log)

    die(platform, start_projector, point)

    start_projector(platform, PROJECTOR__BATCH=SMALL)
    demand_fold(platform, log)
