"""The ceiling: a loop around `Producer.produce` of messages that lie ready in memory, as our relay sends them."""

from __future__ import annotations

import asyncio
import time
from itertools import cycle, islice
from typing import Final

import psycopg
from confluent_kafka import Producer

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.kafka import PARTITIONS, Level
from eventing.postgres.database import Database
from eventing.postgres.log_reader import LogReader
from outbox_relay.messages import Franking
from outbox_relay.ports import Destination, Outgoing

READY: Final = 20_000
"""Different messages; a longer backlog sends them again."""
SERVE_EVERY: Final = 512


class BareProducer:
    def __init__(self, database_url: str, bootstrap: str, topic: str, level: Level) -> None:
        self._url = database_url
        self._bootstrap = bootstrap
        self._topic = topic
        self._level = level
        self._sent = 0

    def contender(self, events: int) -> Contender:
        async def run(_: float) -> Sample:
            return await asyncio.to_thread(self._produce, events)

        return Contender("a bare produce loop", run, self.check)

    async def check(self) -> None:
        if (there := await asyncio.to_thread(self._level.now)) != self._sent:
            raise WrongResultError(f"the bare loop sent {self._sent} messages, its topic holds {there}.")

    def _produce(self, events: int) -> Sample:
        messages = self._messages()
        acknowledged = 0

        def report(error: object, _message: object) -> None:
            nonlocal acknowledged
            acknowledged += error is None

        producer = Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 0,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        producer.list_topics(timeout=10)
        produce = producer.produce
        start = time.perf_counter()
        for number, (topic, value, key, partition, headers) in enumerate(islice(cycle(messages), events)):
            while len(producer) > READY:
                producer.poll(0.001)
            produce(topic, value, key, partition, report, report, 0, headers)
            if not number % SERVE_EVERY:
                producer.poll(0)
        producer.flush()
        seconds = time.perf_counter() - start
        if acknowledged != events:
            raise WrongResultError(f"of {events} messages {acknowledged} were acknowledged.")
        self._sent += events
        return Sample(events, seconds)

    def _messages(self) -> list[Outgoing]:
        with psycopg.connect(self._url) as connection:
            kinds = connection.execute("SELECT DISTINCT type, schema_version FROM events").fetchall()
        destinations = {(kind, version): Destination(self._topic, 1) for kind, version in kinds}
        database = Database(self._url, application_name="bench", patience=30)
        rows = LogReader(database).read(0, READY, 2**40)
        database.close()
        return list(Franking(destinations, partitions=PARTITIONS, epoch=1).messages(rows))
