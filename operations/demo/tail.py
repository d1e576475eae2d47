"""What comes out of Kafka, and whether that is what is in the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from eventing.errors import OrderloomError
from operations.demo.stage import Stage

LOOK_AGAIN: Final = 0.2
TIMEOUT: Final = 10.0
PATIENCE: Final = 20.0
"""Seconds that the last events may take from the store to Kafka when the demo ends."""


@contextmanager
def tail(stage: Stage) -> Iterator[None]:
    """Begins at the ends of the topics; when the demo ends it waits for the last event, and gives the proof."""
    watch = Watch(stage)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    stage.watched.append(watch.demand_well)
    try:
        yield
        watch.await_last()
        stage.proofs.append(watch.proof())
    finally:
        stage.watched.remove(watch.demand_well)
        watch.stopped.set()
        thread.join()


class Watch:
    def __init__(self, stage: Stage) -> None:
        from eventing.postgres.database import Database

        assert stage.settings.postgres.url is not None
        self._board = stage.board
        self._database = Database(
            stage.settings.postgres.url.get_secret_value(), application_name="orderloom demo", patience=5.0
        )
        self._before = self._head()
        self._consumer = _consumer(stage)
        self._seen: set[int] = set()
        self._repeated = 0
        self._failure: OrderloomError | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        next_look = 0.0
        try:
            while not self.stopped.is_set():
                for message in self._consumer.consume(500, LOOK_AGAIN):
                    if message.error() is None:
                        self._take(dict(message.headers() or ()))
                if time.monotonic() >= next_look:
                    self._board.stored = self._head() - self._before
                    next_look = time.monotonic() + LOOK_AGAIN
        except OrderloomError as error:
            self._failure = error
        finally:
            self._consumer.close()
            self._database.close()

    def demand_well(self) -> None:
        if self._failure:
            raise self._failure

    def await_last(self) -> None:
        """Whoever writes has stopped by now; the thread goes on reading the head and the topics."""
        waiting = threading.Event()
        end = time.monotonic() + PATIENCE
        waiting.wait(2 * LOOK_AGAIN)
        while self._board.lag and time.monotonic() < end and not self._failure:
            waiting.wait(LOOK_AGAIN)
        self.demand_well()

    def proof(self) -> str:
        stored, published = self._board.stored, self._board.published
        if stored != published:
            raise OrderloomError(
                f"{stored} events were stored, but only {published} came out of Kafka within {PATIENCE:g} s: "
                "see `orders relay status`."
            )
        repeated = f"; {self._repeated} of them came twice" if self._repeated else ""
        return f"{stored} events stored since the demo began = {published} different events out of Kafka{repeated}."

    def _take(self, headers: dict[str, Any]) -> None:
        position = int(headers["ce_globalposition"])
        if position <= self._before:
            return
        if position in self._seen:
            self._repeated += 1
            return
        self._seen.add(position)
        self._board.published = len(self._seen)
        self._board.count_event(headers["ce_type"].decode(), headers["ce_subject"].decode())

    def _head(self) -> int:
        return int(self._database.query("SELECT coalesce(max(position), 0) FROM events")[0][0])


def _consumer(stage: Stage) -> Any:
    """Placed at the present ends by hand: a group would begin only after its members have found each other."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            **stage.settings.kafka.connection(),
            "group.id": f"demo-{uuid4()}",
            "enable.auto.commit": False,
            "log_level": 0,
        }
    )
    known = consumer.list_topics(timeout=TIMEOUT).topics
    ends = []
    for name in _topics(stage):
        for partition in known[name].partitions:
            place = TopicPartition(name, partition)
            place.offset = consumer.get_watermark_offsets(place, timeout=TIMEOUT)[1]
            ends.append(place)
    consumer.assign(ends)
    return consumer


def _topics(stage: Stage) -> set[str]:
    """Those that the relay sends to."""
    from eventing.postgres.published_schemas import published_schemas

    assert stage.settings.postgres.url is not None
    return {schema.topic for schema in published_schemas(stage.settings.postgres.url.get_secret_value())}
