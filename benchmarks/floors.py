"""What a new order costs on its way to a reader at least: each server once, one after the other, with nothing between.

An empty handler takes the POST, one INSERT, one message through Kafka and back, one SET in Redis, an empty handler
answers the GET. Nobody waits for anybody else: it is the floor under the whole way, measured in the same run.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from redis.asyncio import Redis

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.http.asking import Asking
from benchmarks.peers.equal_table import Ledger
from benchmarks.peers.psycopg_insert import INSERT

PATIENCE_SECONDS = 10.0


class Loopback:
    """A topic of one partition, written and read by this process."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 0})
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
        self._consumer.assign([TopicPartition(topic, 0, 0)])
        self._loop = asyncio.get_running_loop()
        self._awaited: asyncio.Future[None] | None = None
        self._over = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    async def there_and_back(self, body: bytes) -> None:
        self._awaited = self._loop.create_future()
        self._producer.produce(self._topic, body)
        self._producer.poll(0)
        await asyncio.wait_for(self._awaited, PATIENCE_SECONDS)

    def close(self) -> None:
        self._producer.flush(PATIENCE_SECONDS)
        self._over.set()
        self._reading.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._over.is_set():
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None:
                self._loop.call_soon_threadsafe(self._arrived)

    def _arrived(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)


class Floors:
    def __init__(
        self,
        plain: Asking,
        posts: Iterator[bytes],
        get: bytes,
        connection: psycopg.AsyncConnection[tuple[object, ...]],
        ledger: Ledger,
        loopback: Loopback,
        redis: Redis,
        key: str,
    ) -> None:
        self._plain = plain
        self._posts = posts
        self._get = get
        self._connection = connection
        self._ledger = ledger
        self._loopback = loopback
        self._redis = redis
        self._key = key

    def contender(self, name: str) -> Contender:
        return Contender(name, self._run, self._check)

    async def _run(self, seconds: float) -> Sample:
        latencies: list[float] = []
        start = time.perf_counter()
        while (began := time.perf_counter()) < start + seconds:
            await self._once()
            latencies.append(time.perf_counter() - began)
        return Sample(len(latencies), time.perf_counter() - start, latencies)

    async def _once(self) -> None:
        order = next(self._posts)
        body = order.rpartition(b"\r\n\r\n")[2]
        event_id = uuid.uuid4()
        await self._plain.ask(order)
        await self._connection.execute(INSERT, (f"order-{event_id}", event_id, event_id, body), prepare=True)
        self._ledger.acknowledged += 1
        await self._loopback.there_and_back(body)
        await self._redis.set(self._key, body)
        await self._plain.ask(self._get)

    async def _check(self) -> None:
        await self._ledger.check()
        if not await self._redis.exists(self._key):
            raise WrongResultError("what was set in Redis is not there.")


@asynccontextmanager
async def floors(
    plain: Asking, posts: Iterator[bytes], get: bytes, *, url: str, bootstrap: str, topic: str, redis_url: str
) -> AsyncIterator[Floors]:
    loopback = Loopback(bootstrap, topic)
    try:
        async with (
            await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
            Redis.from_url(redis_url) as redis,
        ):
            await loopback.there_and_back(b"the first one waits for the consumer")
            yield Floors(plain, posts, get, connection, Ledger(url), loopback, redis, topic)
            await redis.delete(topic)
    finally:
        loopback.close()
