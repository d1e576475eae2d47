"""The composition root of the query API: which servers stand behind its ports."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import event_schemas
from eventing.appender import Appender
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.consuming import Partition
from eventing.crash_points import arm
from eventing.discovery import values_of
from eventing.errors import Misconfigured
from eventing.kafka.heads import Heads
from eventing.postgres.addresses import postgres_url
from eventing.postgres.engine import SERVING_PATIENCE, make_engine, reading
from eventing.postgres.sender import PostgresSender
from eventing.postgres.store import PostgresEventStore
from eventing.redis.addresses import redis_url
from eventing.redis.buckets import RedisBuckets
from eventing.redis.connecting import connect
from eventing.settings import Settings
from eventing.telemetry.logs import configure_logging
from eventing.telemetry.tracing import configure_tracing
from eventing.web.application import Application
from eventing.web.health import Check
from eventing.web.server import serve
from eventing.web.setup import door_of, make_edge
from projections import read_models
from projections.names import RedisNames
from projections.query_api.answering.staleness import Ends
from projections.query_api.application import Ports, application
from projections.query_api.problems import PROBLEMS
from projections.read_model import ReadModel
from projections.stores.elasticsearch_reader import ElasticsearchReader
from projections.stores.redis_reader import RedisReader

SERVICE: Final = "queries"
PARKED: Final = "SELECT DISTINCT consumer, key FROM parked_events WHERE consumer LIKE 'projection-%'"
RELAY_LAG: Final = (
    "SELECT coalesce(max(lag_events), 0)::bigint, "
    "coalesce(max(CASE WHEN lag_events = 0 THEN 0 ELSE lag_seconds END), 0)::float8 FROM relay_status"
)


def build(settings: Settings) -> Application:
    """Nothing is connected before the application's lifespan begins."""
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    servers = Servers(settings)
    edge = make_edge(
        settings,
        settings.query_api,
        SERVICE,
        problems=PROBLEMS,
        # Without the read models orders are folded from their events, without the events the models are still there.
        checks=[
            Check("postgres", servers.check_postgres, required=False),
            Check("redis", servers.check_redis, required=False),
            Check("elasticsearch", servers.search.check, required=False),
        ],
        buckets=servers.buckets,
    )
    app, _ = application(servers.ports, edge, settings.query_api, settings.kafka.partitions, around=servers.around)
    return app


def run(settings: Settings, announce: Callable[[str], object]) -> None:
    """Serves until it is told to stop. `announce` is told the address as soon as it answers there."""
    configure_logging(service=SERVICE)
    configure_tracing(settings.tracing, SERVICE)
    serve(build(settings), door_of(settings.query_api, "query_api", sockets=True), announce=announce)


class Servers:
    def __init__(self, settings: Settings) -> None:
        self._redis = connect(redis_url(settings))
        url = postgres_url(settings)
        catalogue = Catalogue.discover(event_schemas)
        codec = Codec(catalogue)
        # Never used: whoever asks does not write. It makes no connection before its first append.
        self._appender = Appender(PostgresSender(url))
        self._engine = make_engine(
            url,
            pool_size=settings.postgres.pool_size,
            application_name="orderloom queries",
            patience=SERVING_PATIENCE,
        )
        self.buckets = RedisBuckets(self._redis, prefix=settings.redis.key_prefix)
        self.search = ElasticsearchReader(settings.elasticsearch)
        topics = sorted({kind.topic for kind in catalogue})
        self._topics = topics
        self._heads = Heads(settings.kafka.connection(), settings.kafka.topic_prefix)
        self._nowhere = {Partition(topic, n): 0 for topic in topics for n in range(settings.kafka.partitions)}
        reads = RedisReader(
            self._redis,
            RedisNames(settings.redis.key_prefix),
            list(values_of(read_models, ReadModel)),
            self.search.tag,
            settings.kafka.topic_prefix,
        )
        self.ports = Ports(
            store=PostgresEventStore(codec, self._appender, self._engine),
            codec=codec,
            reads=reads,
            search=self.search,
            read_ends=self.read_ends,
            read_parked=self.read_parked,
            topics=frozenset(topics),
            cursor_key=cursor_key(settings),
        )

    @asynccontextmanager
    async def around(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self._appender.close()
            await self._engine.dispose()
            await self.search.close()
            await self._redis.aclose()

    async def read_ends(self) -> Ends:
        """The relay's lag first: whatever it had published by then is before the ends that are read after it."""
        now = time.time()
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(RELAY_LAG, prepare=True)
            rows = await cursor.fetchall()
        lag = float(rows[0][1])
        heads = await asyncio.to_thread(self._heads.read, self._topics)
        # A topic that is not there yet has nothing in it.
        return Ends(now - lag, {**self._nowhere, **heads})

    async def read_parked(self) -> frozenset[tuple[str, str]]:
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(PARKED, prepare=True)
            return frozenset((consumer, key) for consumer, key in await cursor.fetchall())

    async def check_postgres(self) -> None:
        async with reading(self._engine) as connection:
            await connection.execute("SELECT FROM events LIMIT 1")

    async def check_redis(self) -> None:
        await self._redis.ping()


def cursor_key(settings: Settings) -> bytes:
    """The same in all query APIs: a page that one of them began goes on at any other."""
    if settings.query_api.cursor_key is not None:
        return settings.query_api.cursor_key.get_secret_value().encode()
    if settings.environment == "production":
        raise Misconfigured("Cursors need a key that all query APIs share: set ORDERS_QUERY_API__CURSOR_KEY.")
    return kept_key(settings.stack_dir / "cursor.key")


def kept_key(file: Path) -> bytes:
    """Made by whichever process comes first; the others find it whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        own = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(32))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_bytes()
