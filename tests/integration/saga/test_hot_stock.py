"""Stock is never sold twice, however many want it at once; and the test would notice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.saga.platform import World
from tests.support.saga.shop import Order
from tests.support.waiting import until

ORDERS, PIECES = 200, 10
WRITE_LEVEL = """
    CREATE OR REPLACE FUNCTION write_level(of_sku text, pieces bigint, promised bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        UPDATE stock_levels SET available = pieces, reserved = reserved + promised WHERE sku = of_sku
    $$;
    GRANT EXECUTE ON FUNCTION write_level TO orderloom_service
"""


@pytest.fixture(autouse=True)
def ends(world: World) -> Iterator[None]:
    yield
    world.stop_all()


def rush(world: World, sku: str) -> list[Order]:
    """Carts with all three of the goods that everybody wants, each cart in an order of its own."""
    hot = [f"{sku}-{letter}" for letter in "abc"]
    world.shop.receive(**dict.fromkeys(hot, PIECES))
    chance = random.Random(7)
    return list(world.shop.place_many([dict.fromkeys(chance.sample(hot, 3), 1) for _ in range(ORDERS)]))


def decided(world: World, orders: list[Order]) -> Counter[str]:
    streams = [f"reservation-{order.order_id}" for order in orders]
    rows = world.shop.query("SELECT type, count(*) FROM events WHERE stream = ANY (%s) GROUP BY type", streams)
    return Counter(dict(rows))


def test_two_hundred_orders_for_ten_pieces(world: World, sku: str) -> None:
    world.start("payment", "shipping", "order")
    both = [world.start("inventory", SAGA__BATCH="5") for _ in range(2)]
    for each in both:
        each.await_partitions("inventory", 3)
    orders = rush(world, sku)

    ends = Counter(world.await_ended(*orders))

    assert ends == {"order.confirmed": PIECES, "order.failed": ORDERS - PIECES}
    assert world.complaints(orders) == []
    assert all(each.metric("events_handled_total", "inventory") for each in both)


def test_reading_and_writing_back_would_sell_twice(world: World, sku: str) -> None:
    """The mutant that shows that the test above can fail."""
    world.installation.query(WRITE_LEVEL)
    for each in [world.start("inventory", mutant="read_modify_write", SAGA__BATCH="5") for _ in range(2)]:
        each.await_partitions("inventory", 3)
    orders = rush(world, sku)

    until(lambda: sum(decided(world, orders).values()) == ORDERS, "all is decided")

    assert decided(world, orders)["inventory.reserved"] > PIECES
