"""A platform of one test's own: a database, topics, writers that append through the event store."""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

import event_schemas
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.payment.declined import PaymentDeclined
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import OrderloomError
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from operations.migrations import locations
from tests.support.relays.checker import PARTITIONS, Verdict, judge, read_store, read_topics
from tests.support.waiting import PATIENCE, until

CATALOGUE = Catalogue.discover(event_schemas)


@dataclass(frozen=True)
class Installation:
    postgres_url: str
    kafka_bootstrap: str
    prefix: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def topics(self) -> Sequence[str]:
        return sorted({f"{self.prefix}.{kind.topic}" for kind in CATALOGUE})

    @property
    def order_topic(self) -> str:
        return f"{self.prefix}.order.events.v1"

    def settings(self, **more: str) -> dict[str, str]:
        """Environment variables for a relay of this installation."""
        return {
            "ORDERS_ENVIRONMENT": "test",
            "ORDERS_POSTGRES__URL": self.postgres_url,
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS": self.kafka_bootstrap,
            "ORDERS_KAFKA__TOPIC_PREFIX": f"{self.prefix}.",
            "ORDERS_KAFKA__PARTITIONS": str(PARTITIONS),
            "ORDERS_RELAY__HEALTH_PORT": "0",
            "ORDERS_RELAY__LEASE_TTL": "1.5",
            **self.environment,
            **more,
        }

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def push_schemas(self, *, but: str = "") -> None:
        """As `orders schemas push` leaves it; the relay asks no registry."""
        for number, kind in enumerate(CATALOGUE, 1):
            for version in kind.schemas if kind.name != but else ():
                self.query(
                    "INSERT INTO published_schemas VALUES (%s, %s, %s, 'subject', %s) ON CONFLICT DO NOTHING",
                    *(kind.name, version, f"{self.prefix}.{kind.topic}", number),
                )

    def checkpoint(self) -> int:
        return int(self.query("SELECT position FROM relays")[0][0])

    def head(self) -> int:
        return int(self.query("SELECT coalesce(max(position), 0) FROM events")[0][0])

    def leader(self) -> tuple[str, int] | None:
        rows = self.query("SELECT leader, epoch FROM relay_status")
        return rows[0] if rows[0][0] else None

    def await_published(self, seconds: float = PATIENCE) -> None:
        """Until the checkpoint has reached what is committed now."""
        head = self.head()
        until(lambda: self.checkpoint() >= head, f"position {head} is published", seconds)

    def verdict(self) -> Verdict:
        return judge(read_store(self.postgres_url), read_topics(self.kafka_bootstrap, [self.order_topic]))


@contextmanager
def template_database(postgres_url: str) -> Iterator[str]:
    """A database with the tables of the platform, to be copied: quicker than migrating for each test."""
    with fresh_database(postgres_url) as url:
        migrating.upgrade(url, locations())
        yield urlsplit(url).path.removeprefix("/")


@contextmanager
def fresh_database(postgres_url: str, template: str = "template1") -> Iterator[str]:
    name = f"relay_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def events_of(key: str) -> list[StreamWrite]:
    """Two streams with one key, so that both have to keep one order."""
    return [
        StreamWrite(f"order-{key}", ANY_VERSION, [NewEvent(uuid4(), OrderConfirmed(order_id=key))]),
        StreamWrite(
            f"payment-{key}",
            ANY_VERSION,
            [NewEvent(uuid4(), PaymentDeclined(order_id=key, reason="insufficient_funds"))],
        ),
    ]


class Writers:
    """Many at once, over few and many keys, until the end of the block."""

    def __init__(self, installation: Installation, *, writers: int = 8, keys: int = 24, pause: float = 0.02) -> None:
        self._url = installation.postgres_url
        self._writers = writers
        self._keys = [str(UUID(int=number + 1)) for number in range(keys)]
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._write()), name="writers")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    async def _write(self) -> None:
        async with PostgresEventStore.open(self._url, Codec(CATALOGUE)) as store:
            await asyncio.gather(*(self._writer(store, random.Random(seed)) for seed in range(self._writers)))

    async def _writer(self, store: PostgresEventStore, chance: random.Random) -> None:
        while not self._stop.is_set():
            with suppress(OrderloomError):  # what is not stored need not be published
                await store.append(Append(events_of(chance.choice(self._keys)), Circumstances(uuid4(), "writer")))
            await asyncio.sleep(chance.uniform(0, 2 * self._pause))


def write_at_once(installation: Installation, keys: int) -> None:
    """One append of two events for each key: a reader sees all of them or none."""

    async def together() -> None:
        async with PostgresEventStore.open(installation.postgres_url, Codec(CATALOGUE)) as store:
            writes = [each for number in range(keys) for each in events_of(str(UUID(int=number + 1)))]
            await store.append(Append(writes, Circumstances(uuid4(), "writer")))

    asyncio.run(together())


def write(installation: Installation, appends: int, *, keys: int = 24) -> None:
    """So many appends of two events each, and then an end."""

    async def all_of_them() -> None:
        async with PostgresEventStore.open(installation.postgres_url, Codec(CATALOGUE)) as store:
            writes = (events_of(str(UUID(int=n % keys + 1))) for n in range(appends))
            made = [Append(each, Circumstances(uuid4(), "writer")) for each in writes]
            for start in range(0, appends, 2000):
                await asyncio.gather(*(store.append(each) for each in made[start : start + 2000]))

    asyncio.run(all_of_them())
