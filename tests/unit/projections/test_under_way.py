"""What a projection builds on while a batch is being written, and what it keeps of a partition that goes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, cast

import orjson
import pytest

from eventing.consuming import Mark, Message, Partition
from eventing.errors import Unavailable
from projections.awareness import UNSEEN_SECONDS, Awareness
from projections.consumer import Consumer
from projections.generations import Build
from projections.hearing import Ear
from projections.keeping import Keeper
from projections.ports import ANYWHERE, Board, Change, Desk, DocumentStore, Footing, Outcome, Stored
from projections.projector import Projection
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from projections.recent import Recent
from projections.standing import Standing
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import codec, record
from tests.support.read_models.story import Told

PLACE = Partition("order.events.v1", 0)
BUILD = Build("customer_orders", 1, 1, "live", "", "", datetime(2026, 11, 26, tzinfo=UTC))
(PLACED,) = placed(1)
(CONFIRMED,) = confirmed([PLACED], 2)


class Store:
    """Writes when it may."""

    keeps_marks = True

    def __init__(self) -> None:
        self.documents: dict[str, Stored] = {}
        self.may_write = Event()
        self.fails = False

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None: ...

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        return {}

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return {one: self.documents[one] for one in ids if one in self.documents}

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        assert self.may_write.wait(10)
        if self.fails:
            raise Unavailable("The store is away.")
        self.documents |= {one.id: Stored(one.position, orjson.loads(one.body or b"null")) for one in changes}
        return Outcome()


class NothingParked:
    def parked(self, partitions: Sequence[Partition]) -> frozenset[Any]:
        return frozenset()


class Taking:
    """A consumer that does something whenever it is asked, as Kafka's client calls back, and brings nothing."""

    def __init__(self, act: Callable[[], object] = lambda: None) -> None:
        self._act = act

    def take(self, seconds: float, most: int) -> Sequence[Message]:
        self._act()
        return []

    def told(self, marks: Mapping[Partition, Mark]) -> None: ...

    def pause(self, partitions: Sequence[Partition]) -> None: ...

    def resume(self, partitions: Sequence[Partition]) -> None: ...


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.may_write.set()


@pytest.fixture
def projection(store: Store) -> Projection:
    """It holds one partition and remembers nothing."""
    documents, desk = cast(DocumentStore, store), cast(Desk, NothingParked())
    keeper = Keeper(BUILD, documents, desk, cast(Board, None))
    ear = Ear(CUSTOMER_ORDERS, codec().decode)
    opened = lambda *_: cast(Consumer, Taking())  # noqa: E731
    made = Projection(CUSTOMER_ORDERS, BUILD, documents, desk, keeper, ear, opened, Standing(), batch=10, recent=0)
    made._assigned([PLACE])
    return made


def message(told: Told) -> Message:
    value, headers = record(told)
    return Message(PLACE, told.position - 1, told.key, value, [(name, str(text).encode()) for name, text in headers])


def test_the_next_batch_builds_on_the_one_that_is_being_written(projection: Projection, store: Store) -> None:
    projection._held.take_in([message(PLACED)])
    projection._step(cast(Consumer, Taking()))
    assert not store.documents, "it is being written"

    projection._held.take_in([message(CONFIRMED)])
    batch = projection._fold()

    assert batch is not None
    assert not batch.parked
    assert batch.documents[PLACED.key].now.position == CONFIRMED.position


def test_what_was_taken_of_a_partition_goes_with_it_even_while_more_is_taken(
    projection: Projection, store: Store
) -> None:
    store.may_write.set()
    projection._held.take_in([message(PLACED)])

    projection._step(cast(Consumer, Taking(lambda: projection._revoked([PLACE]))))
    projection._step(cast(Consumer, Taking()))

    assert projection._held.behind == []
    assert not store.documents


class Noticing(Recent):
    """Says when it is emptied."""

    def __init__(self) -> None:
        super().__init__(10)
        self.is_emptied = Event()

    def clear(self) -> None:
        self.is_emptied.set()
        super().clear()


@pytest.mark.parametrize("waits_for_it", [True, False], ids=["a batch of its own", "a batch that it has given up"])
def test_before_it_forgets_for_a_repair_what_it_folded_from_memory_is_written(
    projection: Projection, store: Store, waits_for_it: bool
) -> None:
    projection._recent = remembered = Noticing()
    projection._held.take_in([message(PLACED)])
    projection._step(cast(Consumer, Taking()))
    if not waits_for_it:
        projection._writing = None

    projection.awareness.mended = 1
    step = Thread(target=projection._step, args=(Taking(),))
    step.start()

    assert not remembered.is_emptied.wait(0.2), "it would be written behind the repair"
    assert projection.standing.mended == 0
    store.may_write.set()
    step.join(10)
    assert PLACED.key in store.documents
    assert (remembered.is_emptied.is_set(), len(remembered), projection.standing.mended) == (True, 0, 1)


def test_out_of_touch_with_its_build_it_remembers_nothing_from_one_batch_to_the_next(
    projection: Projection, store: Store
) -> None:
    store.may_write.set()
    projection._recent = Recent(10)
    projection._held.take_in([message(PLACED)])
    projection._step(cast(Consumer, Taking()))
    assert len(projection._recent) == 1

    projection.awareness = seen(UNSEEN_SECONDS + 1)
    projection._step(cast(Consumer, Taking()))

    assert len(projection._recent) == 0, "a repair may have come that did not wait for it"


@pytest.mark.parametrize("is_out_of_touch", [True, False], ids=["out of touch", "told of a repair"])
def test_a_batch_that_failed_is_folded_again_from_what_was_repaired_since(
    projection: Projection, store: Store, is_out_of_touch: bool
) -> None:
    projection._recent = Recent(10)
    store.may_write.set()
    projection._held.take_in([message(PLACED)])
    projection._step(cast(Consumer, Taking()))
    projection._join()
    right = store.documents[PLACED.key]
    assert right.document is not None
    projection._recent.keep(PLACED.key, PLACE, right._replace(document={**right.document, "total": 1}))

    store.fails = True
    projection._held.take_in([message(CONFIRMED)])
    for _ in range(2):
        projection._step(cast(Consumer, Taking()))
    assert projection.standing.state == "paused"

    store.fails = False
    projection._breaker.succeeded()
    if is_out_of_touch:
        projection.awareness = seen(UNSEEN_SECONDS + 1)
    else:
        projection.awareness.mended = 1
    projection._step(cast(Consumer, Taking()))

    written = store.documents[PLACED.key]
    assert written.position == CONFIRMED.position
    assert written.document is not None
    assert written.document["total"] == right.document["total"]


def seen(seconds: float) -> Awareness:
    """So many seconds ago."""
    times = iter([0.0])
    return Awareness(0, clock=lambda: next(times, seconds))
