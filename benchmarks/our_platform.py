"""A new order's whole way to its readers, each part as it runs in production: both APIs, the relay, the projector."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from uuid import uuid4

import psycopg
from elasticsearch import Elasticsearch
from redis.asyncio import Redis

import event_schemas
from benchmarks.background import background
from benchmarks.bench import Bench
from benchmarks.contest import WrongResultError
from benchmarks.destinations import publish_to
from benchmarks.http.asking import Asking
from benchmarks.http.our_api import CUSTOMERS, ENDLESS, issuer, key_file, our_api, register_products
from benchmarks.http.process import HOST, free_port, serving
from benchmarks.http.requests import reading
from benchmarks.kafka import PARTITIONS, topic
from benchmarks.orders import placed_orders
from benchmarks.placed_log import TOPIC
from benchmarks.worker import python_module
from event_schemas.order.placed import OrderPlaced
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.consistency import ConsistencyToken, encode_seen
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import NO_STREAM, Append, StreamWrite
from eventing.partitioning import partition_of
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from eventing.streams import key_of
from eventing.web.auth import Role
from operations.migrations import locations

AT_ONCE = 200
SOME = 50
PATIENCE_SECONDS = 300.0
FROM_THE_MODEL = b"read-source: read-model"
POSITIONS = "SELECT stream, position FROM events WHERE type = 'order.placed' ORDER BY position"
PLACED = "SELECT count(*) FROM events WHERE type = 'order.placed'"


@dataclass(frozen=True, slots=True)
class OurPlatform:
    url: str
    prefix: str
    """Of indices; of keys and topics with another mark at its end."""
    elasticsearch_url: str
    commands_port: int
    queries_port: int
    operator: str
    """A token."""
    orders: Sequence[OrderPlaced]
    """Those that were there before anything was measured."""
    queries: Asking

    def get(self, path: str, **headers: str) -> bytes:
        return reading(f"{HOST}:{self.queries_port}", path, self.operator, **headers).encode()

    async def check(self) -> None:
        """As many orders can be found as were placed, and no more."""
        with psycopg.connect(self.url) as connection:
            placed = int(connection.execute(PLACED).fetchall()[0][0])
        with Elasticsearch(self.elasticsearch_url) as client:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (found := client.count(index=f"{self.prefix}-order_search")["count"]) != placed:
                if found > placed or time.monotonic() > deadline:
                    raise WrongResultError(f"{placed} orders were placed, {found} can be found.")
                await asyncio.sleep(0.05)

    async def level(self) -> None:
        """Until the read models show every order that is in the log now."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(POSITIONS).fetchall()
        last: dict[int, ConsistencyToken] = {}
        for stream, position in rows:
            number = partition_of(key_of(stream), PARTITIONS)
            last[number] = ConsistencyToken(TOPIC, number, position)
        token = encode_seen(last.values())
        # A search waits for all of the topic; an order only for its own partition.
        for path in ("/v1/orders?limit=1&facets=no", *(f"/v1/orders/{one.order_id}" for one in self.orders[-SOME:])):
            await self._until_shown(path, token)

    async def _until_shown(self, path: str, token: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(WrongResultError):  # not there yet
                request = self.get(path, consistency_token=token, prefer="wait=5")
                if FROM_THE_MODEL in await self.queries.ask(request):
                    return
        raise WrongResultError(f"{path} is not shown by its read model after {PATIENCE_SECONDS:g} s.")


@asynccontextmanager
async def our_platform(bench: Bench, orders: int) -> AsyncIterator[OurPlatform]:
    prefix = bench.name("query").replace("_", "-").lower()
    servers = bench.servers
    catalogue = Catalogue.discover(event_schemas)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("query"))
        migrating.upgrade(url, locations())
        for name in sorted({kind.topic for kind in catalogue}):
            await stack.enter_async_context(topic(servers.kafka_bootstrap, f"{prefix}.{name}"))
        stack.push_async_callback(_clear, servers.elasticsearch_url, servers.redis_url, prefix)
        publish_to(url, f"{prefix}.", catalogue)
        queries_port = free_port()
        env = {
            "ORDERS_POSTGRES__URL": url,
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS": servers.kafka_bootstrap,
            "ORDERS_KAFKA__TOPIC_PREFIX": f"{prefix}.",
            "ORDERS_ELASTICSEARCH__URL": servers.elasticsearch_url,
            "ORDERS_ELASTICSEARCH__INDEX_PREFIX": f"{prefix}-",
            "ORDERS_REDIS__URL": servers.redis_url,
            "ORDERS_REDIS__KEY_PREFIX": f"{prefix}:",
            "ORDERS_RELAY__HEALTH_PORT": "0",
            "ORDERS_PROJECTOR__HEALTH_PORT": "0",
            "ORDERS_QUERY_API__PORT": str(queries_port),
            "ORDERS_QUERY_API__CURSOR_KEY": uuid4().hex,
            "ORDERS_AUTH__KEY_FILE": str(key_file().absolute()),
            "ORDERS_RATE_LIMIT__PER_SECOND": ENDLESS,
            "ORDERS_RATE_LIMIT__BURST": ENDLESS,
        }
        commands_port = await stack.enter_async_context(our_api(url, servers.redis_url, prefix))
        await register_products(commands_port)
        placed = await _fill(url, Codec(catalogue), orders)
        await stack.enter_async_context(background(["outbox_relay", "projections"], env))
        await stack.enter_async_context(serving(python_module("projections.query_api"), queries_port, "/livez", env))
        queries = Asking(HOST, queries_port)
        stack.callback(queries.close)
        operator = issuer().issue("operator", [Role.OPERATOR], minutes=600)
        made = OurPlatform(
            url, prefix, servers.elasticsearch_url, commands_port, queries_port, operator, placed, queries
        )
        await made.level()
        yield made


async def _fill(url: str, codec: Codec, count: int) -> Sequence[OrderPlaced]:
    """Of as many customers as there are tokens for."""
    orders = [
        replace(order, customer_id=f"customer-{number % CUSTOMERS}")
        for number, order in enumerate(islice(placed_orders(seed=3), count))
    ]
    async with PostgresEventStore.open(url, codec) as store:
        for at in range(0, count, AT_ONCE):
            some = orders[at : at + AT_ONCE]
            writes = [StreamWrite(f"order-{one.order_id}", NO_STREAM, (NewEvent(uuid4(), one),)) for one in some]
            await store.append(Append(writes, Circumstances(uuid4(), "bench")))
    return orders


async def _clear(elasticsearch_url: str, redis_url: str, prefix: str) -> None:
    def indices() -> None:
        with Elasticsearch(elasticsearch_url) as client:
            for index in client.options(ignore_status=404).indices.get(index=f"{prefix}-*", allow_no_indices=True):
                client.indices.delete(index=index)

    await asyncio.to_thread(indices)
    async with Redis.from_url(redis_url) as redis:
        keys = [key async for key in redis.scan_iter(f"{prefix}:*", count=1000)]
        for at in range(0, len(keys), 1000):
            await redis.unlink(*keys[at : at + 1000])
