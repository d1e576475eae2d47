"""What nobody can be quicker than: one durable INSERT, and then one message to Kafka and back, each alone."""

from __future__ import annotations

import asyncio
import time
import uuid

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.contest import Contender, Sample, WrongResultError

INSERT = "INSERT INTO floor (id, body) VALUES (%s, %s)"


class Floor:
    def __init__(self, database_url: str, bootstrap: str, topic: str, body: bytes) -> None:
        self._url = database_url
        self._bootstrap = bootstrap
        self._topic = topic
        self._body = body
        with psycopg.connect(database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS floor (id uuid PRIMARY KEY, body bytea NOT NULL)")

    def contender(self) -> Contender:
        async def run(seconds: float) -> Sample:
            return await asyncio.to_thread(self._measure, seconds)

        return Contender("a lone INSERT plus a Kafka loopback", run)

    def _measure(self, seconds: float) -> Sample:
        producer = Producer(
            {"bootstrap.servers": self._bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 0}
        )
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": self._topic})
        place = TopicPartition(self._topic, 0)
        place.offset = consumer.get_watermark_offsets(place, timeout=10)[1]
        consumer.assign([place])
        latencies: list[float] = []
        start = time.perf_counter()
        with psycopg.connect(self._url, autocommit=True) as connection:
            while (begun := time.perf_counter()) - start < seconds:
                connection.execute(INSERT, (uuid.uuid4(), self._body), prepare=True)
                producer.produce(self._topic, self._body, "key", 0)
                producer.poll(0)
                if consumer.poll(10) is None:
                    raise WrongResultError("a message did not come back from Kafka.")
                latencies.append(time.perf_counter() - begun)
        producer.flush(10)
        consumer.close()
        # The first ones open connections; they are nobody's floor.
        return Sample(len(latencies), time.perf_counter() - start, latencies[len(latencies) // 10 :])
