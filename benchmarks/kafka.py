"""Topics of a run's own, how full they are, and when each event arrived at a consumer in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.contest import WrongResultError
from benchmarks.worker import Worker, python_module, serve, worker

PARTITIONS = 6
PATIENCE_SECONDS = 60


@asynccontextmanager
async def topic(bootstrap: str, name: str, partitions: int = PARTITIONS) -> AsyncIterator[str]:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    created = admin.create_topics([NewTopic(name, partitions, 1, config={"retention.ms": "-1"})])
    await asyncio.to_thread(created[name].result)
    try:
        yield name
    finally:
        await asyncio.to_thread(admin.delete_topics([name])[name].result)


@asynccontextmanager
async def made_by_others(bootstrap: str, name: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives a way to wait until somebody has made the topic; it is deleted afterwards."""
    admin = AdminClient({"bootstrap.servers": bootstrap})

    async def there() -> None:
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while name not in (await asyncio.to_thread(admin.list_topics, timeout=10)).topics:
            if time.perf_counter() > deadline:
                raise WrongResultError(f"nobody has made the topic {name} in {PATIENCE_SECONDS} s.")
            await asyncio.sleep(0.05)

    try:
        yield there
    finally:
        if name in (await asyncio.to_thread(admin.list_topics, timeout=10)).topics:
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
        """From now on. What is in the topic already isn't counted, and the consumer is under way when this returns."""
        await self._consumer.ask("watch")

    async def seen(self, ids: Sequence[str]) -> dict[str, float]:
        """When these events arrived, once all have; then the consumer is gone, and costs nothing."""
        answer = await self._consumer.ask("seen", ids=ids)
        if answer["missing"]:
            raise WrongResultError(f"{answer['missing']} events did not arrive in {PATIENCE_SECONDS} s.")
        return dict(answer["arrivals"])


@asynccontextmanager
async def arrivals(bootstrap: str, topic: str, id_header: str) -> AsyncIterator[Arrivals]:
    async with worker("the consumer", *python_module(__name__, bootstrap, topic, id_header)) as consumer:
        yield Arrivals(consumer)


class Watch:
    """One consumer's life. It begins with the last message of each partition, to know that it is really reading."""

    def __init__(self, bootstrap: str, topic: str, id_header: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": f"{topic}-arrivals", "enable.auto.commit": False}
        )
        self._id_header = id_header
        self.seen: dict[str, float] = {}
        self._over = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._begin([TopicPartition(topic, number) for number in range(PARTITIONS)])

    def _begin(self, partitions: list[TopicPartition]) -> None:
        with_messages = 0
        for each in partitions:
            low, high = self._consumer.get_watermark_offsets(each, timeout=10)
            each.offset = max(low, high - 1)
            with_messages += high > low
        self._consumer.assign(partitions)
        while with_messages:
            with_messages -= self._poll(1.0)
        self._reading.start()

    def _read(self) -> None:
        while not self._over.is_set():
            self._poll(0.2)

    def _poll(self, timeout: float) -> bool:
        message = self._consumer.poll(timeout)
        if message is None or message.error() is not None:
            return False
        now = time.perf_counter()
        event_id = cast("bytes", dict(message.headers() or ())[self._id_header])
        # Only the first arrival counts: a duplicate has harmed nobody's latency.
        self.seen.setdefault(event_id.decode(), now)
        return True

    def end(self) -> None:
        self._over.set()
        self._reading.join()
        self._consumer.close()


class Watcher:
    """The worker's side."""

    def __init__(self, *where: str) -> None:
        self._where = where
        self._watch: Watch | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["do"] == "watch":
            self._watch = Watch(*self._where)
            return {}
        assert self._watch is not None
        ids, seen = asked["ids"], self._watch.seen
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while (missing := sum(each not in seen for each in ids)) and time.perf_counter() < deadline:
            time.sleep(0.01)
        self._watch.end()
        return {"missing": missing, "arrivals": [(each, seen[each]) for each in ids if each in seen]}


if __name__ == "__main__":
    serve(Watcher(*sys.argv[1:]).answer)
