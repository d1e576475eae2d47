"""The composition root of the write API: which servers stand behind its ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from fastapi import FastAPI

import event_schemas
from command_service import aggregates
from command_service.api.problems import PROBLEMS
from command_service.application import Ports, application
from command_service.forgetting import Forgetting
from command_service.relay_lag import RelayLag
from command_service.tables import Tables
from eventing.appender import Appender
from eventing.avro.codec import Codec
from eventing.avro.states import snapshotted
from eventing.cancelling import cancelled
from eventing.catalogue import Catalogue
from eventing.crash_points import arm
from eventing.discovery import values_of
from eventing.errors import Misconfigured
from eventing.ids import uuid7
from eventing.postgres.addresses import postgres_url
from eventing.postgres.engine import SERVING_PATIENCE, make_engine, reading
from eventing.postgres.purging import purge_some
from eventing.postgres.sender import PostgresSender
from eventing.postgres.store import PostgresEventStore
from eventing.redis.buckets import RedisBuckets
from eventing.redis.connecting import connect
from eventing.settings import Settings
from eventing.snapshots import LongStreams
from eventing.telemetry.logs import configure_logging
from eventing.telemetry.tracing import configure_tracing
from eventing.web.application import Application
from eventing.web.health import Check
from eventing.web.load import Queue
from eventing.web.server import serve
from eventing.web.setup import door_of, make_edge

SERVICE: Final = "commands"


def build(settings: Settings) -> Application:
    """Nothing is connected before the application's lifespan begins; it checks that all is there, and ends it."""
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    servers = Servers(settings)
    edge = make_edge(
        settings,
        settings.command_api,
        SERVICE,
        problems=PROBLEMS,
        # Without Redis each process limits its callers by itself, and orders are still taken.
        checks=[Check("postgres", servers.check_tables), Check("redis", servers.check_redis, required=False)],
        buckets=servers.buckets,
        queue=lambda: Queue(servers.appender.depth, servers.appender.queue_limit),
        lag=servers.relay_lag.seen,
    )
    return application(servers.ports, edge, settings.kafka.partitions, lifespan=servers.lifespan)


def run(settings: Settings, announce: Callable[[str], object]) -> None:
    """Serves until it is told to stop. `announce` is told the address as soon as it answers there."""
    configure_logging(service=SERVICE)
    configure_tracing(settings.tracing, SERVICE)
    serve(build(settings), door_of(settings.command_api, "command_api"), announce=announce)


class Servers:
    def __init__(self, settings: Settings) -> None:
        url = postgres_url(settings)
        codec = Codec(Catalogue.discover(event_schemas))
        self.appender = Appender(PostgresSender(url), queue_limit=settings.load.queue_limit)
        self._engine = make_engine(url, pool_size=settings.postgres.pool_size, patience=SERVING_PATIENCE)
        self._tables = tables = Tables(self._rows)
        store = PostgresEventStore(codec, self.appender, self._engine)
        self.ports = Ports(
            store,
            codec,
            tables.read_catalogue,
            tables.read_available,
            tables.read_booked,
            store.snapshots,
            [snapshotted(declared) for declared in values_of(aggregates, LongStreams)],
            uuid7,
        )
        self.relay_lag = RelayLag(tables.read_relay_lag)
        self._forgetting = Forgetting(partial(purge_some, self._engine))
        self._redis = connect(settings.redis.url.get_secret_value()) if settings.redis.url else None
        self.buckets = RedisBuckets(self._redis, prefix=settings.redis.key_prefix) if self._redis else None

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        beside: list[asyncio.Task[None]] = []
        try:
            await self.check_tables()
            await self.relay_lag.look()
            beside = [asyncio.create_task(task) for task in (self.relay_lag.watch(), self._forgetting.go_on())]
            yield
        finally:
            await cancelled(beside)
            await self.appender.close()
            await self._engine.dispose()
            if self._redis is not None:
                await self._redis.aclose()

    async def check_tables(self) -> None:
        if not await self._tables.are_there():
            raise Misconfigured("The database is not ready for commands: run `orders db upgrade`.")

    async def check_redis(self) -> None:
        if self._redis is not None:
            await self._redis.ping()

    async def _rows(self, query: str, parameters: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(query, parameters, prepare=True)
            return await cursor.fetchall()
