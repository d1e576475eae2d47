"""Stored events to Kafka: our relay beside a bare loop around Kafka's own client, and beside the usual outbox relay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import P50, P99, Contender, Contest, Hop, Limit, Peer, Sample
from benchmarks.hops.debezium import Follower, Log, follower_of_ours
from benchmarks.kafka import Level, topic
from benchmarks.open_loop import closed_loop
from benchmarks.orders import placed_orders
from benchmarks.our_store import OurStore
from benchmarks.peers.bare_producer import BareProducer
from benchmarks.peers.naive_relay import NaiveRelay
from benchmarks.peers.relay_floor import Floor
from eventing.avro import Codec
from eventing.catalogue import Catalogue
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations

BACKLOG = 30_000
BACKLOG_FULL = 1_000_000
NAIVE_SHARE = 10
"""The naive relay drains this part of the backlog: its rate does not depend on the length, only our patience does."""
RATES = (200, 1000)
IN_FLIGHT = 64


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        bootstrap = bench.servers.kafka_bootstrap
        url = await stack.enter_async_context(bench.database("relay"))
        migrating.upgrade(url, locations())
        codec = Codec(Catalogue.discover(event_schemas))
        store = OurStore(await stack.enter_async_context(PostgresEventStore.open(url, codec)), url)
        log = Log(store)
        encoded = codec.encode(next(placed_orders()))
        ours = await stack.enter_async_context(follower_of_ours(bench, url, log, encoded.schema_version))
        bare_topic = await stack.enter_async_context(topic(bootstrap, bench.name("bare")))
        naive_topic = await stack.enter_async_context(topic(bootstrap, bench.name("naive")))
        floor_topic = await stack.enter_async_context(topic(bootstrap, bench.name("floor")))
        backlog = BACKLOG_FULL if bench.effort.full else BACKLOG
        bare = BareProducer(url, bootstrap, bare_topic, Level(bootstrap, bare_topic))
        naive = NaiveRelay(url, bootstrap, naive_topic, Level(bootstrap, naive_topic))
        floor = Floor(url, bootstrap, floor_topic, encoded.body)
        yield [
            Contest(
                f"a backlog of {backlog:,}",
                ours.draining(backlog),
                [
                    Peer([bare.contender(backlog)], 0.65),
                    Peer([naive.contender(backlog // NAIVE_SHARE)], 5.0),
                ],
            ),
            Contest(
                f"{IN_FLIGHT} appends in flight, relay tailing",
                appending(ours, store, "with the relay", tailing=True),
                [Peer([appending(ours, store, "without the relay", tailing=False)], 0.85)],
            ),
            *(
                Contest(
                    f"commit to consumer, {rate}/s",
                    ours.keeping_up(rate),
                    [Peer([floor.contender()], 4.0, P50)],
                    [Limit(P99, 15.0)],
                )
                for rate in RATES
            ),
        ]


def appending(relay: Follower, store: OurStore, name: str, *, tailing: bool) -> Contender:
    async def run(seconds: float) -> Sample:
        if not tailing:
            return await closed_loop(store.append, IN_FLIGHT, seconds)
        relay.process.thaw()
        await relay.level.reaches(relay.log.length)  # what the other one left is not its work now
        sample = await closed_loop(store.append, IN_FLIGHT, seconds)
        relay.process.freeze()
        return sample

    return Contender(name, run, store.check)


HOP = Hop("relay", "A stored event to Kafka, acknowledged, in order.", contests, frozenset({"postgres", "kafka"}))
