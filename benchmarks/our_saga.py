"""Placed to confirmed through relay, Kafka and all participants, each order timed by the database's clock."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import psycopg

from benchmarks.background import background
from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.destinations import publish_to
from benchmarks.open_loop import open_loop
from benchmarks.orders import placed_order
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import NO_STREAM, Append, StreamWrite
from eventing.postgres.store import PostgresEventStore

PATIENCE_SECONDS: Final = 60.0
HOPS: Final = 4
"""Through the log, the relay, Kafka and a participant: to inventory, payment, shipping, order. The two questions to the
outside and their answers come on top."""
ENDED: Final = """
SELECT stream, extract(epoch FROM recorded_at)::float8 FROM events WHERE type = %s AND stream = ANY (%s)
"""
ENDS: Final = ["order.confirmed", "order.failed", "order.cancelled"]


class OurSaga:
    def __init__(self, store: PostgresEventStore, url: str) -> None:
        self._store = store
        self._url = url
        self._chance = random.Random(1)
        self._began: dict[str, float] = {}
        self._all: list[str] = []

    async def place(self) -> None:
        order = placed_order(self._chance)
        self._began[order.order_id] = time.time()
        event_id = uuid4()
        write = StreamWrite(f"order-{order.order_id}", NO_STREAM, (NewEvent(event_id, order),))
        await self._store.append(Append((write,), Circumstances(event_id, "bench")))

    def whole(self, name: str, rate: float) -> Contender:
        return self._contender(name, rate, "order", "order.confirmed", 1)

    def hops(self, name: str, rate: float) -> Contender:
        """One hop, as often as there are hops."""
        return self._contender(name, rate, "reservation", "inventory.reserved", HOPS)

    def _contender(self, name: str, rate: float, category: str, kind: str, times: int) -> Contender:
        async def run(seconds: float) -> Sample:
            self._began.clear()
            sample = await open_loop(self.place, rate, seconds)
            began = dict(self._began)
            self._all += began
            await self._ended(began, "order", "order.confirmed")
            ended = await self._ended(began, category, kind)
            taken = [times * (ended[order_id] - start) for order_id, start in began.items()]
            return Sample(sample.events, sample.seconds, taken)

        return Contender(name, run, self.check)

    async def _ended(self, began: dict[str, float], category: str, kind: str) -> dict[str, float]:
        streams = [f"{category}-{order_id}" for order_id in began]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found := await asyncio.to_thread(self._look, kind, streams)) < len(streams):
            if time.monotonic() > deadline:
                raise WrongResultError(f"of {len(streams)} orders only {len(found)} have {kind}.")
            await asyncio.sleep(0.05)
        return {stream.removeprefix(f"{category}-"): ended for stream, ended in found}

    def _look(self, kind: str, streams: list[str]) -> list[tuple[str, float]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(ENDED, (kind, streams)).fetchall()

    async def check(self) -> None:
        """Every order has ended once, and nothing is owed."""
        with psycopg.connect(self._url) as connection:
            ends = connection.execute("SELECT stream FROM events WHERE type = ANY (%s)", (ENDS,)).fetchall()
            owed = connection.execute("SELECT count(*) FROM open_intents").fetchall()[0][0]
        if sorted(stream for (stream,) in ends) != sorted(f"order-{order_id}" for order_id in self._all):
            raise WrongResultError(f"{len(self._all)} orders were placed, and there are {len(ends)} ends.")
        if owed:
            raise WrongResultError(f"{owed} questions to the outside are open still.")


@asynccontextmanager
async def running(url: str, bootstrap: str, prefix: str, catalogue: Catalogue) -> AsyncIterator[None]:
    """The relay and the saga, as they run in production."""
    publish_to(url, prefix, catalogue)
    env = {
        "ORDERS_POSTGRES__URL": url,
        "ORDERS_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "ORDERS_KAFKA__TOPIC_PREFIX": prefix,
        "ORDERS_RELAY__HEALTH_PORT": "0",
        "ORDERS_SAGA__HEALTH_PORT": "0",
    }
    async with background(["outbox_relay", "benchmarks.instant_saga"], env):
        yield
