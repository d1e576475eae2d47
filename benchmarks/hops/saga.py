"""The saga: what a participant handles beside the same with a transaction a message, and an order's whole way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import P50, P99, Contest, Hop, Limit, Peer
from benchmarks.kafka import topic
from benchmarks.our_participant import OurParticipant, receive_goods
from benchmarks.our_saga import OurSaga, running
from benchmarks.our_store import OurStore
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations

ORDERS = 4_000
ORDERS_FULL = 40_000
ONE_BY_ONE = 40
"""A transaction a message handles this part of them: its rate does not depend on the length, only our patience does."""
BATCH = 500
IN_FLIGHT = 64
RATES = (100,)
LONGEST_MS = 60.0


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        catalogue = Catalogue.discover(event_schemas)
        codec = Codec(catalogue)

        async def store() -> tuple[PostgresEventStore, str]:
            url = await stack.enter_async_context(bench.database("saga"))
            migrating.upgrade(url, locations())
            return await stack.enter_async_context(PostgresEventStore.open(url, codec)), url

        (batched_store, batched_url), (single_store, single_url), plain = await store(), await store(), await store()
        for each in (batched_store, single_store):
            await receive_goods(each)
        orders = ORDERS_FULL if bench.effort.full else ORDERS
        batched = OurParticipant(bench, batched_url, codec).contender("our inventory", orders, BATCH)
        single = OurParticipant(bench, single_url, codec).contender("a transaction a message", orders // ONE_BY_ONE, 1)
        appends = OurStore(*plain).contender(f"our own appends, {IN_FLIGHT} in flight", IN_FLIGHT)
        yield [
            Contest(f"{orders:,} orders set aside", batched, [Peer([single], 5.0), Peer([appends], 0.5)]),
            *await whole_way(bench, stack, codec),
        ]


async def whole_way(bench: Bench, stack: AsyncExitStack, codec: Codec) -> Sequence[Contest]:
    url = await stack.enter_async_context(bench.database("saga"))
    migrating.upgrade(url, locations())
    store = await stack.enter_async_context(PostgresEventStore.open(url, codec))
    await receive_goods(store)
    prefix = f"{bench.name('saga')}."
    for name in sorted({kind.topic for kind in codec.catalogue}):
        await stack.enter_async_context(topic(bench.servers.kafka_bootstrap, prefix + name))
    await stack.enter_async_context(running(url, bench.servers.kafka_bootstrap, prefix, codec.catalogue))
    saga = OurSaga(store, url)
    return [
        Contest(
            f"placed to confirmed, {rate}/s",
            saga.whole("placed to confirmed", rate),
            [Peer([saga.hops("one hop, four times", rate)], 1.3, P50)],
            [Limit(P99, LONGEST_MS)] if rate == max(RATES) else [],
        )
        for rate in RATES
    ]


HOP = Hop(
    "saga",
    "A placed order to its confirmation, each step decided on and kept in one transaction a batch.",
    contests,
    frozenset({"postgres", "kafka"}),
)
