"""Logs of many orders that little happens to: they are placed, and some of them are confirmed later."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from event_schemas.order.confirmed import OrderConfirmed
from tests.support.read_models.story import BEGAN, Told, placing, stream_of


def placed(count: int, first: int = 1) -> Iterator[Told]:
    chance = random.Random(first)
    for number in range(first, first + count):
        event = placing(f"many-{number:06d}", chance)
        yield Told(event, stream_of(event), 1, number, BEGAN)


def confirmed(log: Iterable[Told], first: int) -> Iterator[Told]:
    """Each of these orders, from this position on."""
    for position, told in enumerate(log, first):
        yield Told(OrderConfirmed(order_id=told.key), told.stream, told.version + 1, position, told.at)
