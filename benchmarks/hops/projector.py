"""Events in Kafka to documents in the stores: our projection beside the clients' own bulk writers of ready ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import Contest, Hop, Peer
from benchmarks.our_projector import OurProjector
from benchmarks.our_redis_store import OurRedisStore
from benchmarks.peers.bulk_writers import ParallelBulk, Pipeline
from benchmarks.placed_log import PlacedLog
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.postgres import migrating
from eventing.settings import Settings
from operations.migrations import locations
from projections.wiring import read_models

DOCUMENTS = 20_000
DOCUMENTS_FULL = 100_000
BULKS = ((2, 2000), (4, 1000), (4, 500))


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("projector"))
        migrating.upgrade(url, locations())
        codec = Codec(Catalogue.discover(event_schemas))
        log = PlacedLog(DOCUMENTS_FULL if bench.effort.full else DOCUMENTS)
        prefix = bench.name("projector").replace("_", "-").lower()
        await stack.enter_async_context(log.published(bench.servers.kafka_bootstrap, f"{prefix}.", codec))
        settings = _settings(bench, url, prefix)
        models = {model.name: model for model in read_models()}
        search, summary = models["order_search"], models["order_summary"]
        into_search = OurProjector(settings, search, codec.decode, log.heads)
        into_summary = OurProjector(settings, summary, codec.decode, log.heads)
        bulk = ParallelBulk(bench.servers.elasticsearch_url, f"{prefix}-", search, log.ready(search))
        pipeline = Pipeline(bench.servers.redis_url, f"{prefix}:", log.ready(summary))
        ready_store = OurRedisStore(settings, summary, log.ready(summary))
        for made in (into_search, into_summary, bulk, pipeline, ready_store):
            stack.callback(made.drop)
        yield [
            Contest(
                "into Elasticsearch",
                into_search.contender("our projection"),
                [Peer([bulk.contender(threads, chunk) for threads, chunk in BULKS], 1.0)],
            ),
            Contest(
                "ready documents into Redis",
                ready_store.contender("our store"),
                [Peer([pipeline.contender()], 2.0)],
            ),
            # The whole way beside writing alone; decoding is the wall here, whatever the writing costs.
            Contest(
                "into Redis",
                into_summary.contender("our projection"),
                [Peer([pipeline.contender()], 2.0)],
            ),
        ]


def _settings(bench: Bench, url: str, prefix: str) -> Settings:
    servers = bench.servers
    return Settings.model_validate(
        {
            "postgres": {"url": url},
            "kafka": {"bootstrap_servers": servers.kafka_bootstrap, "topic_prefix": f"{prefix}."},
            "elasticsearch": {"url": servers.elasticsearch_url, "index_prefix": f"{prefix}-"},
            "redis": {"url": servers.redis_url, "key_prefix": f"{prefix}:"},
            "projector": {"refresh_ms": 60_000},
        }
    )


HOP = Hop(
    "projector",
    "A placed order in Kafka to its document, decoded, folded and written only if newer.",
    contests,
    frozenset({"postgres", "kafka", "elasticsearch", "redis"}),
)
