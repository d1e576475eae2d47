"""Our relay beside Debezium's outbox event router: the same table, the same broker, the same machine, in turn.

Both follow one log; while one is measured the other is frozen. Each publishes every event exactly once over the whole
run, into a topic of its own, and that is checked.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import P50, P99, Contender, Contest, Hop, Peer, Sample, WrongResultError
from benchmarks.debezium.artifacts import install
from benchmarks.debezium.connect import outbox_router
from benchmarks.freezable import Freezable
from benchmarks.kafka import Arrivals, Level, arrivals, topic
from benchmarks.open_loop import open_loop
from benchmarks.orders import placed_orders
from benchmarks.our_relay import our_relay
from benchmarks.our_store import OurStore
from eventing.avro import Codec
from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations

NAME = "Debezium's outbox event router"
BACKLOG = 10_000
BACKLOG_FULL = 200_000
WRITERS = 4
AT_ONCE = 100
"""Events in one append of a backlog: what is measured is how it is drained."""
RATES = (200, 1000)


class Log:
    """The one log that both follow: who appends to it knows what has to arrive in each topic."""

    def __init__(self, store: OurStore) -> None:
        self._store = store

    @property
    def length(self) -> int:
        return self._store.acknowledged

    async def grow(self, events: int) -> None:
        sizes = itertools.repeat(AT_ONCE, events // AT_ONCE)

        async def writer() -> None:
            for size in sizes:
                await self._store.append_many(size)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        if rest := events % AT_ONCE:
            await self._store.append_many(rest)

    async def steadily(self, rate: float, seconds: float) -> dict[UUID, float]:
        """Event ids, each with the moment at which its commit was acknowledged."""
        acknowledged: dict[UUID, float] = {}

        async def append() -> None:
            event_id = await self._store.append()
            acknowledged[event_id] = time.perf_counter()

        await open_loop(append, rate, seconds)
        return acknowledged


@dataclass(frozen=True, slots=True)
class Follower:
    name: str
    process: Freezable
    level: Level
    arrivals: Arrivals
    log: Log

    def draining(self, backlog: int) -> Contender:
        async def run(_: float) -> Sample:
            await self.log.grow(backlog)
            behind = self.log.length - await asyncio.to_thread(self.level.now)
            start = time.perf_counter()
            self.process.thaw()
            end = await self.level.reaches(self.log.length)
            self.process.freeze()
            return Sample(behind, end - start)

        return Contender(self.name, run, self.check)

    def keeping_up(self, rate: float) -> Contender:
        async def run(seconds: float) -> Sample:
            self.process.thaw()
            await self.level.reaches(self.log.length)
            await self.arrivals.watch()
            start = time.perf_counter()
            acknowledged = await self.log.steadily(rate, seconds)
            spent = time.perf_counter() - start
            seen = await self.arrivals.seen([str(event_id) for event_id in acknowledged])
            self.process.freeze()
            latencies = [seen[str(event_id)] - moment for event_id, moment in acknowledged.items()]
            return Sample(len(latencies), spent, latencies)

        return Contender(self.name, run, self.check)

    async def check(self) -> None:
        self.process.thaw()
        await self.level.reaches(self.log.length)
        published = await asyncio.to_thread(self.level.now)
        self.process.freeze()
        if published != self.log.length:
            raise WrongResultError(f"{self.name}: the log holds {self.log.length} events, its topic {published}.")


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    reason = why_not(bench.servers.postgres_url)
    if reason is not None:
        bench.skip(NAME, reason)
        yield []
        return
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("debezium"))
        migrating.upgrade(url, locations())
        codec = Codec(Catalogue.discover(event_schemas))
        log = Log(OurStore(await stack.enter_async_context(PostgresEventStore.open(url, codec)), url))
        schema_version = codec.encode(next(placed_orders())).schema_version
        ours = await stack.enter_async_context(follower_of_ours(bench, url, log, schema_version))
        theirs = await stack.enter_async_context(follower_of_theirs(bench, url, log))
        backlog = BACKLOG_FULL if bench.effort.full else BACKLOG
        drained = Contest(f"a backlog of {backlog:,}", ours.draining(backlog), [Peer([theirs.draining(backlog)], 1.0)])
        yield [drained, *(latency_contest(ours, theirs, rate) for rate in RATES)]


def latency_contest(ours: Follower, theirs: Follower, rate: int) -> Contest:
    behind = theirs.keeping_up(rate)
    return Contest(
        f"commit to consumer, {rate}/s",
        ours.keeping_up(rate),
        [Peer([behind], 1.0, P50), Peer([behind], 1.0, P99)],
    )


def why_not(postgres_url: str) -> str | None:
    with psycopg.connect(postgres_url) as connection:
        level = connection.execute("SHOW wal_level").fetchall()[0][0]
    if level != "logical":
        return f"Postgres runs with wal_level = {level}, and it reads the write-ahead log: set it to logical"
    try:
        install()
    except Misconfigured as error:
        return str(error)
    return None


@asynccontextmanager
async def follower_of_ours(bench: Bench, url: str, log: Log, schema_version: int) -> AsyncIterator[Follower]:
    name, bootstrap = bench.name("relay"), bench.servers.kafka_bootstrap
    async with (
        our_relay(url, bootstrap, name, schema_version) as process,
        arrivals(bootstrap, name, "ce_id") as consumer,
    ):
        process.freeze()
        yield Follower("our relay", process, Level(bootstrap, name), consumer, log)


@asynccontextmanager
async def follower_of_theirs(bench: Bench, url: str, log: Log) -> AsyncIterator[Follower]:
    name, bootstrap = bench.name("debezium"), bench.servers.kafka_bootstrap
    async with (
        topic(bootstrap, name),
        outbox_router(install(), url, bootstrap, name, name) as process,
        arrivals(bootstrap, name, "id") as consumer,
    ):
        process.freeze()
        yield Follower(NAME, process, Level(bootstrap, name), consumer, log)


HOP = Hop(
    "debezium",
    "A stored event to Kafka, by our relay and by change data capture.",
    contests,
    frozenset({"postgres", "kafka"}),
    long=True,
)
