"""A participant of the saga as it runs in production, over a topic full of placed orders, each round in a new topic."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.orders import PRODUCTS
from benchmarks.our_projector import Timed
from benchmarks.placed_log import PlacedLog
from event_schemas.stock.received import StockReceived
from eventing.avro.codec import Codec
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, Append, InlineWrite, StreamWrite
from eventing.postgres.store import PostgresEventStore
from eventing.settings import Settings
from saga_choreography import wiring
from saga_choreography.gateways.metrics import OutsideMetrics

NAME: Final = "inventory"
SKUS: Final = tuple(product[0] for product in PRODUCTS)
PATIENCE_SECONDS: Final = 120
PIECES: Final = 100_000_000
"""Of each product: nothing is ever out of stock, so every order moves three levels."""


class OurParticipant:
    """The inventory: the one that has most to do for an event (a stream of its own, three locked levels)."""

    def __init__(self, bench: Bench, url: str, codec: Codec) -> None:
        self._bench = bench
        self._url = url
        self._codec = codec
        self._sent = 0

    def contender(self, name: str, orders: int, batch: int) -> Contender:
        async def run(_: float) -> Sample:
            log = PlacedLog(orders)
            prefix = f"{self._bench.name(NAME)}."
            async with log.published(self._bench.servers.kafka_bootstrap, prefix, self._codec):
                self._sent += orders
                return await asyncio.to_thread(self._drain, prefix, orders, batch)

        return Contender(name, run, self.check)

    def _drain(self, prefix: str, orders: int, batch: int) -> Sample:
        settings = self._settings(prefix, batch)
        real = wiring.adapters(settings, self._codec, OutsideMetrics())
        timed: list[Timed] = []

        def feed(*made_of: Any) -> Timed:
            timed.append(Timed(real.feed(*made_of)))  # type: ignore[arg-type]
            return timed[-1]

        workers = wiring.build(settings, [NAME], replace(real, feed=feed), self._codec)
        thread = threading.Thread(target=workers.run)
        thread.start()
        (pulse,) = workers.pulses
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while pulse.events < orders:
                if time.monotonic() > deadline or not thread.is_alive():
                    raise WrongResultError(f"the {NAME} handled {pulse.events} of {orders} orders: {pulse.error}")
                time.sleep(0.005)
            return Sample(orders, time.perf_counter() - timed[-1].began)
        finally:
            workers.stop.set()
            thread.join()

    def _settings(self, prefix: str, batch: int) -> Settings:
        return Settings.model_validate(
            {
                "postgres": {"url": self._url},
                "kafka": {"bootstrap_servers": self._bench.servers.kafka_bootstrap, "topic_prefix": prefix},
                "saga": {"batch": batch},
            }
        )

    async def check(self) -> None:
        """Each order is set aside once, and the levels are what the events say."""
        reserved: Counter[str] = Counter()
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT type, schema_version, body FROM events WHERE type = 'inventory.reserved'"
            ).fetchall()
            levels = connection.execute("SELECT sku, available, reserved FROM stock_levels").fetchall()
        orders = {event.order_id for event in (self._codec.decode(*row) for row in rows) if _count(event, reserved)}
        if not len(rows) == len(orders) == self._sent:
            raise WrongResultError(f"of {self._sent} orders {len(orders)} were set aside, in {len(rows)} events.")
        expected = {sku: (PIECES - reserved[sku], reserved[sku]) for sku, *_ in PRODUCTS}
        if (found := {sku: (available, held) for sku, available, held in levels}) != expected:
            raise WrongResultError(f"the levels of stock are {found}; by the events they are {expected}.")


def _count(event: Any, reserved: Counter[str]) -> bool:
    for line in event.lines:
        reserved[line.sku] += line.quantity
    return True


async def receive_goods(store: PostgresEventStore, skus: Sequence[str] = SKUS) -> None:
    for sku in skus:
        reference = str(uuid4())
        write = StreamWrite(
            f"stock-{sku}",
            ANY_VERSION,
            [NewEvent(uuid4(), StockReceived(sku=sku, quantity=PIECES, reference=reference))],
        )
        moved = InlineWrite("move_stock_level", {"sku": sku, "delta": PIECES, "reference": reference}, sku)
        await store.append(Append([write], Circumstances(uuid4(), "bench"), inline=[moved]))
