"""A command about a stream with a long past costs as much as any other; what is kept for that equals the past."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from command_service.aggregates.order import CATEGORY as ORDER_CATEGORY
from command_service.aggregates.order import ORDER
from command_service.aggregates.stock import STOCK
from command_service.loading import Loader, Stream
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.placed import OrderPlaced
from event_schemas.stock.received import StockReceived
from event_schemas.values import Address, OrderLine
from eventing.envelope import Circumstances, NewEvent, Recorded
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.postgres.engine import make_engine
from eventing.postgres.store import PostgresEventStore
from eventing.postgres.verifying import Verifier
from eventing.snapshots import MemorySnapshots, Snapshot, Snapshots
from operations.snapshotted import snapshotted
from tests.support.write_api import ADDRESS, CODEC, OFFICE
from tests.support.write_api_process import Surroundings

PAST = 1000
BOUND = 250


class Counting(PostgresEventStore):
    """Knows how many events were read."""

    events_read = 0

    async def _events(self, query: str, parameters: Any) -> list[Recorded]:
        found = await super()._events(query, parameters)
        self.events_read += len(found)
        return found


class Forgetful(MemorySnapshots):
    """The mutant: nothing is kept."""

    async def keep(self, snapshot: Snapshot) -> None: ...


@pytest.fixture
async def counting(surroundings: Surroundings) -> AsyncIterator[Counting]:
    async with Counting.open(surroundings.database_url, CODEC) as opened:
        yield opened


@pytest.fixture
async def engine(surroundings: Surroundings) -> AsyncIterator[AsyncEngine]:
    made = make_engine(surroundings.database_url)
    yield made
    await made.dispose()


async def happened(store: PostgresEventStore, stream: str, events: Sequence[object]) -> None:
    new = [NewEvent(uuid4(), event) for event in events]
    await store.append(Append([StreamWrite(stream, ANY_VERSION, new)], Circumstances(uuid4(), "somebody")))


def deliveries(count: int) -> list[StockReceived]:
    return [StockReceived(sku="X", quantity=1, reference=f"note-{number}") for number in range(count)]


async def loaded(store: Counting, snapshots: Snapshots, name: str) -> Stream:
    """By a process of its own: it remembers nothing."""
    store.events_read = 0
    (stream,) = await Loader(store, CODEC, snapshots, snapshotted()).load(name)
    return stream


@pytest.mark.parametrize("kept", [True, False])
async def test_however_long_a_stream_is_few_of_its_events_are_read(counting: Counting, kept: bool) -> None:
    snapshots = counting.snapshots if kept else Forgetful()
    name = f"stock-{uuid4()}"
    await happened(counting, name, deliveries(PAST))
    await loaded(counting, snapshots, name)

    for more in range(1, 4):
        await happened(counting, name, deliveries(60))
        stream = await loaded(counting, snapshots, name)

        assert (stream.version, stream.fold(STOCK).state.on_hand) == (PAST + 60 * more, PAST + 60 * more)
        assert (counting.events_read <= BOUND) is kept


async def test_an_order_that_was_sent_elsewhere_a_thousand_times_is_itself_still(counting: Counting) -> None:
    name = f"{ORDER_CATEGORY}-{uuid4()}"
    home, office = Address(**ADDRESS), Address(**OFFICE)
    await happened(counting, name, [placed(home)])
    moves = [OrderDeliveryAddressChanged(order_id="o", address=(office, home)[n % 2]) for n in range(PAST - 1)]
    await happened(counting, name, moves)

    first, again = [await loaded(counting, counting.snapshots, name) for _ in range(2)]

    order = again.fold(ORDER).state
    assert order is not None
    assert order == first.fold(ORDER).state == ORDER.fold([placed(home), *moves])
    assert order.address == office
    assert [envelope.recorded.version for envelope in again.since(PAST - 3)] == [PAST - 2, PAST - 1, PAST]
    assert counting.events_read <= BOUND


def placed(address: Address) -> OrderPlaced:
    line = OrderLine(sku="X", name="X", quantity=1, unit_price=1)
    return OrderPlaced(
        order_id="o",
        customer_id="alice",
        customer_name="Ada",
        customer_email="a@b",
        currency="EUR",
        lines=(line,),
        total=1,
        delivery_address=address,
        sales_channel="web",
    )


async def test_one_of_another_past_is_not_believed(counting: Counting) -> None:
    """Such as one that was kept before the events were restored from a backup."""
    name = f"stock-{uuid4()}"
    (kept,) = [one for one in snapshotted() if one.category == "stock"]
    await happened(counting, name, deliveries(150))
    snapshots = MemorySnapshots()
    await snapshots.keep(Snapshot(name, kept.format.name, 151, kept.format.dump(kept.decider.initial)))

    stream = await loaded(counting, snapshots, name)

    assert stream.fold(STOCK).state.on_hand == 150


async def test_what_is_kept_equals_the_past(engine: AsyncEngine) -> None:
    """Of the tests above."""
    verifier = Verifier(engine, CODEC, snapshotted())

    progress = [step async for step in verifier.run()]

    assert [finding for step in progress for finding in step.findings] == []
    assert (progress[-1].step, progress[-1].done >= 2, verifier.ignored_snapshots) == ("snapshots", True, 0)
