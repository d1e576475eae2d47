"""The outbox relay that everybody writes first: 500 rows, produce, flush, UPDATE them as published, commit."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import psycopg
from confluent_kafka import Producer

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.kafka import Level

BATCH: Final = 500

TABLE: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    id bigserial PRIMARY KEY, key text NOT NULL, type text NOT NULL, event_id uuid NOT NULL, body bytea NOT NULL,
    published boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (id) WHERE NOT published;
"""
FILL: Final = """
INSERT INTO outbox (key, type, event_id, body)
SELECT substr(stream, strpos(stream, '-') + 1), type, event_id, body FROM events, generate_series(1, %s) AS again
ORDER BY position LIMIT %s
"""
OPEN: Final = "SELECT id, key, type, event_id::text, body FROM outbox WHERE NOT published ORDER BY id LIMIT %s"
DONE: Final = "UPDATE outbox SET published = true WHERE id = ANY (%s)"


class NaiveRelay:
    def __init__(self, database_url: str, bootstrap: str, topic: str, level: Level) -> None:
        self._url = database_url
        self._bootstrap = bootstrap
        self._topic = topic
        self._level = level
        self._sent = 0
        with psycopg.connect(database_url) as connection:
            connection.execute(TABLE)

    def contender(self, events: int) -> Contender:
        async def run(_: float) -> Sample:
            return await asyncio.to_thread(self._drain, events)

        return Contender("a naive outbox relay", run, self.check)

    async def check(self) -> None:
        if (there := await asyncio.to_thread(self._level.now)) != self._sent:
            raise WrongResultError(f"the naive relay sent {self._sent} messages, its topic holds {there}.")

    def _drain(self, events: int) -> Sample:
        producer = Producer({"bootstrap.servers": self._bootstrap, "enable.idempotence": True, "acks": "all"})
        producer.list_topics(timeout=10)
        with psycopg.connect(self._url) as connection:
            stored = connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
            connection.execute(FILL, (events // stored + 1, events))
            connection.commit()
            start, done = time.perf_counter(), 0
            while done < events:
                rows = connection.execute(OPEN, (BATCH,)).fetchall()
                for _, key, kind, event_id, body in rows:
                    producer.produce(self._topic, body, key, headers=[("id", event_id), ("type", kind)])
                producer.flush()
                connection.execute(DONE, ([row[0] for row in rows],))
                connection.commit()
                done += len(rows)
            seconds = time.perf_counter() - start
        self._sent += done
        return Sample(done, seconds)
