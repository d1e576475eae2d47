"""The whole log into a new build of the order search: our rebuild beside a bulk of a ready document an event."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import psycopg
from elasticsearch import Elasticsearch

from benchmarks.bench import Bench
from benchmarks.contest import Contender, Contest, Hop, Peer, Sample, WrongResultError
from benchmarks.kafka import topic
from benchmarks.long_log import STEPS, fill
from benchmarks.orders import placed_order
from benchmarks.our_rebuild import OurRebuild
from benchmarks.peers.parallel_bulk import ParallelBulk
from eventing.postgres import migrating
from operations.migrations import locations
from projections.read_model import Heard
from projections.read_models.order_search import ORDER_SEARCH, fold
from projections.stores.elasticsearch import ADDED

SHORT: Final = 100_000
LONG: Final = 1_000_000
LONG_FULL: Final = 10_000_000
BULK: Final = 21_000
"""Events that the bulk writes: its rate does not depend on their number, only our patience does."""
ROOM: Final = 1.25
"""Memory that the long log may take, as a multiple of the short one's: flat, but for what the allocator keeps."""


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        long_events = LONG_FULL if bench.effort.full else LONG
        short = await stack.enter_async_context(prepared(bench, SHORT))
        long = await stack.enter_async_context(prepared(bench, long_events))
        bulk = ParallelBulk(
            bench.servers.elasticsearch_url, bench.name("bulk"), index_body(), documents(BULK // STEPS), STEPS
        )
        stack.callback(bulk.close)
        variants = [bulk.contender(threads, chunk) for threads in (1, 2, 4) for chunk in (500, 2000)]
        ours = short.contender(f"our rebuild of {SHORT:,} events")
        yield [
            Contest(f"order search from {SHORT:,} events", ours, [Peer(variants, 1.5)]),
            Contest(
                f"{long_events:,} events beside {SHORT:,}",
                flat(long, short),
                [Peer([ours], 0.8)],
            ),
        ]


def flat(long: OurRebuild, short: OurRebuild) -> Contender:
    inner = long.contender(f"our rebuild of {long.events:,} events")

    async def run(seconds: float) -> Sample:
        return await inner.run(seconds)

    async def check() -> None:
        if long.megabytes and short.megabytes and max(long.megabytes) > ROOM * max(short.megabytes):
            raise WrongResultError(f"Memory grows with the log: {max(short.megabytes)} MB, {max(long.megabytes)} MB.")

    return Contender(f"{inner.name}", run, check)


@asynccontextmanager
async def prepared(bench: Bench, events: int) -> AsyncIterator[OurRebuild]:
    """A database with the log in it, empty topics, and names of its own."""
    name = bench.name("rebuild")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("rebuild"))
        await asyncio.to_thread(migrating.upgrade, url, locations())
        await asyncio.to_thread(fill, url, events)
        for topic_name in ORDER_SEARCH.topics:
            await stack.enter_async_context(topic(bench.servers.kafka_bootstrap, f"{name}.{topic_name}"))
        yield OurRebuild(
            ORDER_SEARCH.name,
            events,
            await asyncio.to_thread(orders_in, url),
            {
                "ORDERS_POSTGRES__URL": url,
                "ORDERS_KAFKA__BOOTSTRAP_SERVERS": bench.servers.kafka_bootstrap,
                "ORDERS_KAFKA__TOPIC_PREFIX": f"{name}.",
                "ORDERS_ELASTICSEARCH__URL": bench.servers.elasticsearch_url,
                "ORDERS_ELASTICSEARCH__INDEX_PREFIX": f"{name}-",
                "ORDERS_REDIS__URL": bench.servers.redis_url,
                "ORDERS_REDIS__KEY_PREFIX": f"{name}:",
            },
        )
        clear(bench, name)


def documents(count: int) -> Sequence[dict[str, Any]]:
    """Ready ones, as our own store would have them."""
    chance = random.Random(2)
    found = []
    for number in range(1, count + 1):
        placed = placed_order(chance)
        heard = Heard(placed, f"order-{placed.order_id}", 1, number, "2026-01-01T00:00:00.000000Z")
        document = fold(None, heard)
        assert document is not None
        found.append({"id": placed.order_id, "position": number, **document})
    return found


def index_body() -> dict[str, Any]:
    mapping = {**ORDER_SEARCH.mapping, "properties": {**ORDER_SEARCH.mapping["properties"], **ADDED}}
    return {"settings": {**ORDER_SEARCH.settings, "refresh_interval": "-1"}, "mappings": mapping}


def orders_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT count(*) FROM events WHERE type = 'order.placed'").fetchall()
    return int(rows[0][0])


def clear(bench: Bench, name: str) -> None:
    with Elasticsearch(bench.servers.elasticsearch_url) as client:
        for index in client.options(ignore_status=404).indices.get(index=f"{name}-*", allow_no_indices=True):
            client.indices.delete(index=index)


HOP = Hop(
    "rebuild",
    "The log in Postgres to a new index that readers see.",
    contests,
    frozenset({"postgres", "kafka", "elasticsearch", "redis"}),
    long=True,
)
