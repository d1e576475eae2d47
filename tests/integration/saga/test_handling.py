"""Two processes believe that a partition is theirs: only one of them has any effect, and a test would notice otherwise.

Driven through the very transaction of the reactor, without Kafka, so that the zombie acts at exactly the wrong moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest

from event_schemas.payment.refunded import PaymentRefunded
from eventing.cloudevents import FRAME_LENGTH, constant_headers, event_headers
from eventing.consuming import Mark, Message, Move, Partition, Superseded
from eventing.decider import Decider
from eventing.postgres.batch import Preparation
from eventing.streams import key_of
from saga_choreography.adapters.transactions import PostgresTransactions, PostgresWork
from saga_choreography.handling import Done, Handling
from saga_choreography.hearing import Hearing, Taken
from saga_choreography.participant import Participant
from saga_choreography.participants.inventory import INVENTORY
from tests.support.saga.platform import World
from tests.support.saga.shop import CODEC, Order

PLACE = Partition("orders", 0)
Reads = Callable[..., "Reader"]
SET_MARK = """
    CREATE OR REPLACE FUNCTION set_mark(c text, t text, p integer, o bigint, e bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        INSERT INTO consumer_marks VALUES (c, t, p, o, e)
        ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = o, position = e
    $$;
    GRANT EXECUTE ON FUNCTION set_mark TO orderloom_service
"""


class WithoutCompareAndSet(PostgresWork):
    def move_marks(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.execute("SELECT set_mark(%s, %s, %s, %s, %s)", (self._consumer, *move.partition, *move.after))


class MarksApart(PostgresWork):
    """Commits its marks, and then has its effect."""

    def move_marks(self, moves: Sequence[Move]) -> None:
        super().move_marks(moves)
        self._connection.commit()
        if self._consumer.endswith("dies"):
            raise RuntimeError("killed")


@pytest.fixture
def read(world: World) -> Iterator[Reads]:
    with ExitStack() as stack:

        def made(
            consumer: str, participant: Participant = INVENTORY, work: type[PostgresWork] = PostgresWork
        ) -> Reader:
            reader = Reader(world, consumer, participant, work)
            stack.callback(reader.transactions.close)
            return reader

        yield made


# A decider that doesn't look whether it has acted already: what the marks have to make up for.
FORGETFUL = replace(
    INVENTORY,
    decider=Decider(
        INVENTORY.decider.initial,
        lambda asked, _: INVENTORY.decider.decide(asked, INVENTORY.decider.initial),
        INVENTORY.decider.evolve,
    ),
)


def test_a_zombie_is_stopped_before_it_has_any_effect(world: World, sku: str, read: Reads) -> None:
    order, batch = heard(world, sku)
    owner, zombie = read("saga.fenced"), read("saga.fenced")
    assert owner.handle(batch).produced == 1

    with pytest.raises(Superseded):
        zombie.handle(batch)

    assert world.types(order) == ["order.placed", "inventory.reserved"]


def test_without_compare_and_set_the_zombie_goes_back(world: World, sku: str, read: Reads) -> None:
    """The mutant: the mark falls behind, and what was handled long ago is handled again."""
    world.installation.query(SET_MARK)
    _, early = heard(world, sku)
    _, late = heard(world, sku, offset=7)
    owner, zombie = read("saga.unfenced"), read("saga.unfenced", FORGETFUL, WithoutCompareAndSet)
    owner.handle([*early, *late])

    zombie.handle(early)

    assert owner.transactions.read_marks([PLACE])[PLACE].offset < 8


def test_marks_that_move_apart_from_the_effect_lose_it(world: World, sku: str, read: Reads) -> None:
    """The mutant: between the two the process is killed, and nobody ever handles the event."""
    order, batch = heard(world, sku)
    dying = read("saga.dies", work=MarksApart)

    with pytest.raises(RuntimeError):
        dying.handle(batch)

    assert world.types(order) == ["order.placed"]
    assert (
        Hearing(INVENTORY, CODEC.decode)
        .take([each.message for each in batch], dying.transactions.read_marks([PLACE]))[0]
        .recorded
        is None
    )


def test_what_is_redelivered_is_not_even_decoded(world: World, sku: str, read: Reads) -> None:
    order, batch = heard(world, sku)
    reader = read("saga.again")
    kept = reader.handle(batch).kept

    again = Hearing(FORGETFUL, unreachable).take([each.message for each in batch], kept)

    assert not any(taken.is_heard for taken in again)
    assert world.types(order) == ["order.placed", "inventory.reserved"]


def test_stock_that_was_freed_before_it_was_set_aside_is_never_set_aside(world: World, sku: str, read: Reads) -> None:
    """Whatever turns the order of things round: what is undone stays undone."""
    order, placed = heard(world, sku, offset=1)
    world.shop.say(f"payment-{order.order_id}", refunded_nothing(order))
    reader = read("saga.reversed")

    reader.handle([as_heard(world, f"payment-{order.order_id}", 0)])
    done = reader.handle(placed, reader.transactions.read_marks([PLACE]))

    assert done.produced == 0
    assert world.types(order) == ["order.placed", "payment.refunded", "inventory.released"]
    assert world.complaints([]) == []


def refunded_nothing(order: Order) -> PaymentRefunded:
    return PaymentRefunded(order_id=order.order_id, amount=0, currency="EUR", provider_reference="")


def unreachable(*_: object) -> object:
    raise AssertionError("it was decoded")


class Reader:
    """One that believes that the partition is its own, from its beginning on."""

    def __init__(self, world: World, consumer: str, participant: Participant, work: type[PostgresWork]) -> None:
        self.transactions = PostgresTransactions(world.installation.postgres_url, Preparation(CODEC), consumer)
        self.transactions.work = work
        self._handling = Handling(participant, CODEC.decode, self.transactions)

    def handle(self, batch: Sequence[Taken], kept: Mapping[Partition, Mark] | None = None) -> Done:
        return self._handling.handle(batch, kept or {}, frozenset())


def heard(world: World, sku: str, *, offset: int = 0) -> tuple[Order, Sequence[Taken]]:
    """An order as the inventory hears of it."""
    world.shop.receive(**{sku: 5})
    order = world.shop.place({sku: 1})
    return order, [as_heard(world, f"order-{order.order_id}", offset)]


def as_heard(world: World, stream: str, offset: int) -> Taken:
    """The first event of a stream, as the relay publishes it."""
    ((position, kind, version, event_id, correlation, at, body),) = world.shop.query(
        "SELECT position, type, schema_version, event_id::text, correlation_id::text, recorded_at, body "
        "FROM events WHERE stream = %s AND version = 1",
        stream,
    )
    headers = event_headers(
        constant_headers(kind, version, 1),
        event_id,
        stream,
        "1",
        position,
        f"{at:%Y-%m-%d %H:%M:%S.%f}+00",
        correlation,
        None,
        "ada",
        None,
    )
    message = Message(PLACE, offset, key_of(stream), b"\0" * FRAME_LENGTH + body, headers)
    (taken,) = Hearing(INVENTORY, CODEC.decode).take([message], {PLACE: Mark(offset, 0)})
    return taken
