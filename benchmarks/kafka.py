"""Topics of a run's own, how full they are, and when each event arrived at a consumer in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.contest import WrongResultError
from benchmarks.worker import Worker, python_module, serve, worker

PARTITIONS = 6
PATIENCE_SECONDS = 120


@asynccontextmanager
async def topic(bootstrap: str, name: str, partitions: int = PARTITIONS) -> AsyncIterator[str]:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    created = admin.create_topics([NewTopic(name, partitions, 1)])
    await asyncio.to_thread(created[name].result)
    try:
        yield name
    finally:
        await asyncio.to_thread(admin.delete_topics([name])[name].result)


class Level:
    """How many messages a topic holds, asked from the broker."""

    def __init__(self, bootstrap: str, topic: str, partitions: int = PARTITIONS) -> None:
        self._partitions = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-level"})

    def now(self) -> int:
        return sum(self._consumer.get_watermark_offsets(each, timeout=10)[1] for each in self._partitions)

    async def reaches(self, count: int) -> float:
        """The moment (`time.perf_counter`) at which so many messages were there; asked every few milliseconds."""
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while (there := await asyncio.to_thread(self.now)) < count:
            if time.perf_counter() > deadline:
                raise WrongResultError(f"of {count} events only {there} reached the topic in {PATIENCE_SECONDS} s.")
            await asyncio.sleep(0.005)
        return time.perf_counter()


class Arrivals:
    """A consumer in a process of its own that notes when each event arrived; its clock is the machine's, like ours."""

    def __init__(self, consumer: Worker) -> None:
        self._consumer = consumer

    async def watch(self) -> None:
        """From now on: what is in the topic already isn't counted."""
        await self._consumer.ask("watch")

    async def seen(self, count: int) -> dict[str, float]:
        """Event ids and moments, once so many have arrived."""
        answer = await self._consumer.ask("seen", count=count)
        return dict(answer["arrivals"])


@asynccontextmanager
async def arrivals(bootstrap: str, topic: str, id_header: str) -> AsyncIterator[Arrivals]:
    async with worker("the consumer", *python_module(__name__, bootstrap, topic, id_header)) as consumer:
        yield Arrivals(consumer)


class Notes:
    def __init__(self, bootstrap: str, topic: str, id_header: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": f"{topic}-arrivals", "enable.auto.commit": False}
        )
        self._topic = topic
        self._id_header = id_header
        self._seen: dict[str, float] = {}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["do"] == "watch":
            self._assign_to_the_end()
            return {}
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while len(self._seen) < asked["count"] and time.perf_counter() < deadline:
            time.sleep(0.01)
        arrived, self._seen = self._seen, {}
        return {"arrivals": list(arrived.items())}

    def _assign_to_the_end(self) -> None:
        partitions = [TopicPartition(self._topic, number) for number in range(PARTITIONS)]
        for each in partitions:
            each.offset = self._consumer.get_watermark_offsets(each, timeout=10)[1]
        first = not self._consumer.assignment()
        self._consumer.assign(partitions)
        self._seen = {}
        if first:
            threading.Thread(target=self._consume, daemon=True).start()

    def _consume(self) -> None:
        while True:
            message = self._consumer.poll(1.0)
            if message is not None and message.error() is None:
                now = time.perf_counter()
                event_id = cast("bytes", dict(message.headers() or ())[self._id_header])
                # Only the first arrival counts: a duplicate has harmed nobody's latency.
                self._seen.setdefault(event_id.decode(), now)


if __name__ == "__main__":
    serve(Notes(*sys.argv[1:]).answer)
