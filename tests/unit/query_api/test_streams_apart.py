"""What can't be read of one customer delays that customer's streams, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import cast

from eventing.web.auth import Admitted, Caller, Role
from projections.query_api.live.feeds import CustomerFeed, OrderFeed
from projections.query_api.live.streams import Limits, Streams
from projections.query_api.live.subscription import Subject, Subscription
from projections.reading import Changed, NotServed


class Customers:
    def __init__(self) -> None:
        self.unreadable = {"alice"}
        self.told: list[tuple[str, set[str]]] = []

    async def tell(self, customer: str, _: Sequence[Subscription], hinted: Collection[str], depth: int) -> None:
        if customer in self.unreadable:
            raise NotServed("One of these can't be read.", code="read_model_unavailable")
        self.told.append((customer, set(hinted)))


class Orders:
    async def tell(self, _: object) -> None:
        """Nobody listens to one order."""


async def test_what_can_not_be_read_of_one_customer_delays_nobody_else() -> None:
    customers = Customers()
    streams = Streams(cast(OrderFeed, Orders()), cast(CustomerFeed, customers), Limits(), lambda: False)
    for name in ("alice", "bob"):
        admitted = Admitted(Caller(name, frozenset({Role.CUSTOMER})), time.time() + 900)
        streams.open(Subject("customer", name), admitted).is_catching_up = False
        streams.changed(Changed("order_summary", f"order-of-{name}", 7, f"1 {name}"))

    await streams.tell()

    assert customers.told == [("bob", {"order-of-bob"})]

    # when it has been repaired
    customers.unreadable.clear()
    await streams.tell()

    assert customers.told[1:] == [("alice", {"order-of-alice"})]
