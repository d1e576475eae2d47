"""A platform of one test's own: topics with a log in them, a database, indices and keys of its own prefix."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import psycopg
import redis
from confluent_kafka import Producer

from eventing.avro.codec import Codec
from eventing.cloudevents import Headers, constant_headers, event_headers, frame
from eventing.consuming import Partition
from eventing.partitioning import partition_of
from eventing.settings import Settings
from projections.generations import Build
from projections.names import BUCKETS, RedisNames, place
from projections.read_model import ReadModel
from projections.stores.generations import PostgresGenerations
from projections.wiring import open_store
from tests.support.bare_environment import bare_environment
from tests.support.read_models.log_reading import Shown
from tests.support.read_models.story import CATALOGUE, Told

PARTITIONS = 4


@cache
def codec() -> Codec:
    return Codec(CATALOGUE)


def record(told: Told) -> tuple[bytes, Headers]:
    """Value and headers as a relay publishes them."""
    name, version, body = codec().encode(told.event)
    headers = event_headers(
        constant_headers(name, version, 1),
        f"00000000-0000-0000-0000-{told.position:012d}",
        told.stream,
        str(told.version),
        told.position,
        told.at.strftime("%Y-%m-%d %H:%M:%S.%f+00"),
        f"00000000-0000-0000-0001-{told.position:012d}",
        None,
        "test",
        None,
    )
    return frame(1) + body, headers


@dataclass(frozen=True)
class Platform:
    postgres_url: str
    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    prefix: str
    more: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "ORDERS_ENVIRONMENT": "test",
            "ORDERS_POSTGRES__URL": self.postgres_url,
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS": self.kafka_bootstrap,
            "ORDERS_KAFKA__TOPIC_PREFIX": f"{self.prefix}.",
            "ORDERS_KAFKA__PARTITIONS": str(PARTITIONS),
            "ORDERS_ELASTICSEARCH__URL": self.elasticsearch_url,
            "ORDERS_ELASTICSEARCH__INDEX_PREFIX": f"{self.prefix}-",
            "ORDERS_REDIS__URL": self.redis_url,
            "ORDERS_REDIS__KEY_PREFIX": f"{self.prefix}:",
            "ORDERS_PROJECTOR__HEALTH_PORT": "0",
            "ORDERS_PROJECTOR__SESSION_TIMEOUT": "6",
            "ORDERS_PROJECTOR__REFRESH_MS": "50",
            **self.more,
            **{f"ORDERS_{name}": value for name, value in more.items()},
        }

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {
                "environment": "test",
                "postgres": {"url": self.postgres_url},
                "kafka": {"bootstrap_servers": self.kafka_bootstrap, "topic_prefix": f"{self.prefix}."},
                "elasticsearch": {"url": self.elasticsearch_url, "index_prefix": f"{self.prefix}-"},
                "redis": {"url": self.redis_url, "key_prefix": f"{self.prefix}:"},
            }
        )

    @property
    def topics(self) -> Sequence[str]:
        return sorted({f"{self.prefix}.{kind.topic}" for kind in CATALOGUE})

    def publish(self, log: Iterable[Told]) -> None:
        """As a relay does, which may well publish something twice, but swaps nothing."""
        self.publish_raw((told.topic, told.key, *record(told)) for told in log)

    def publish_raw(self, records: Iterable[tuple[str, str, bytes, Headers]]) -> None:
        # Not idempotent, what is sent to a topic that was just made may be tried again behind what was sent later.
        producer = Producer({"bootstrap.servers": self.kafka_bootstrap, "enable.idempotence": True, "linger.ms": 5})
        for topic, key, value, headers in records:
            producer.produce(f"{self.prefix}.{topic}", value, key, partition_of(key, PARTITIONS), headers=list(headers))
            producer.poll(0)
        assert producer.flush(30) == 0

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def build(self, model: str) -> Build | None:
        from eventing.postgres.database import Database

        database = Database(self.postgres_url, application_name="test", patience=10)
        try:
            return PostgresGenerations(database).live(model)
        finally:
            database.close()

    def marks(self, model: ReadModel) -> dict[Partition, int]:
        """Positions that are applied, from where they are the truth."""
        if (build := self.build(model.name)) is None:
            return {}
        if model.store == "elasticsearch":
            rows = self.query(
                "SELECT topic, partition, position FROM consumer_marks WHERE consumer = %s", build.consumer
            )
            return {Partition(topic, number): position for topic, number, position in rows}
        with self.redis() as client:
            kept = cast(dict[bytes, bytes], client.hgetall(self.redis_names.applied(build)))
        found = {}
        for name, mark in kept.items():
            topic, _, number = name.decode().rpartition("/")
            found[Partition(topic, int(number))] = int(mark.split()[1])
        return found

    def has_applied(self, model: ReadModel, log: Sequence[Told]) -> bool:
        marks = self.marks(model)
        return all(marks.get(one, 0) >= position for one, position in last_positions(model, log).items())

    def is_published(self, model: ReadModel, log: Sequence[Told]) -> bool:
        """Whether the board in Redis says that all of it is found by queries."""
        build = self.build(model.name)
        assert build is not None
        names = self.redis_names
        is_searched = model.store == "elasticsearch"
        with self.redis() as client:
            board = cast(
                dict[bytes, bytes], client.hgetall(names.searchable(build) if is_searched else names.applied(build))
            )
        return all(
            int(board.get(place(one).encode(), b"0").split()[-1]) >= position
            for one, position in last_positions(model, log).items()
        )

    def shown(self, model: ReadModel) -> Shown:
        """Everything that is in the store of the live build."""
        build = self.build(model.name)
        assert build is not None
        store = open_store(self.settings, model, build)
        store.refresh()
        shown = Shown()
        for one, kept in store.scan():
            shown.documents[one] = kept.position, kept.document
            if kept.label:
                shown.labels[one] = kept.label
        store.close()
        if model.store == "redis":
            self._read_derived(build, shown)
        return shown

    def _read_derived(self, build: Build, shown: Shown) -> None:
        base = self.redis_names.base(build)
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        with self.redis() as client:
            for raw in sorted(cast(set[bytes], client.smembers(self.redis_names.derived(build)))):
                kind, _, rest = raw.decode().partition(":")
                if kind == "sum":
                    group = rest.rpartition("/")[0].rpartition(":")[0]
                    fields = cast(dict[bytes, bytes], client.hgetall(base + raw.decode()))
                    for name, amount in fields.items():
                        if name != b"position":
                            sums[group][name.decode()] += int(amount)
                elif places := cast(
                    list[tuple[bytes, float]], client.zrange(base + raw.decode(), 0, -1, withscores=True)
                ):
                    shown.lists[rest] = [(one.decode(), int(score)) for one, score in places]
        shown.sums = {group: dict(fields) for group, fields in sums.items() if fields}

    @property
    def redis_names(self) -> RedisNames:
        return RedisNames(f"{self.prefix}:")

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url)

    def documents_in_redis(self, build: Build) -> int:
        with self.redis() as client:
            return sum(cast(int, client.hlen(self.redis_names.documents(build, bucket))) for bucket in range(BUCKETS))

    def orders(self, *arguments: str) -> tuple[int, Any]:
        """Runs the command line of this platform: exit status and what `--json` printed."""
        done = subprocess.run(
            [sys.executable, "-m", "operations", *arguments],
            env=bare_environment(self.environment()),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr


def last_positions(model: ReadModel, log: Sequence[Told]) -> dict[Partition, int]:
    return {
        Partition(told.topic, partition_of(told.key, PARTITIONS)): told.position
        for told in log
        if told.topic in model.topics
    }
