"""One timed stretch of HTTP load. Anything but a 2xx, and one without what every right answer
has in it, is a failure: it ends the stretch and is told.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import Any

from benchmarks.http.connection import Connection
from benchmarks.open_loop import due_times

SUCCESS = b"HTTP/1.1 2"


class Stretch(ABC):
    def __init__(self, source: Iterator[bytes], seconds: float, *, expects: bytes = b"") -> None:
        self._source = source
        self._expects = expects
        self._seconds = seconds
        self._events = 0
        self._failure = ""
        self._latencies: list[float] = []
        self._done = asyncio.Event()

    def answered(self, connection: Connection, answer: bytes) -> None:
        if answer.startswith(SUCCESS) and self._expects in answer:
            self._events += 1
        else:
            self._failure = self._failure or answer.decode(errors="replace")[:600]
            self._done.set()
        self._freed(connection)

    @abstractmethod
    def _freed(self, connection: Connection) -> None:
        """The connection may be used again."""

    @abstractmethod
    def _begin(self, connections: list[Connection]) -> None:
        """Sets the first requests on their way."""

    async def run(self, connections: list[Connection]) -> dict[str, Any]:
        self._start = time.perf_counter()
        self._begin(connections)
        await self._done.wait()
        return {
            "events": self._events,
            "seconds": time.perf_counter() - self._start,
            "latencies": self._latencies,
            "failure": self._failure,
        }


class Closed(Stretch):
    """Every connection asks again as soon as it is answered: for throughput."""

    def _begin(self, connections: list[Connection]) -> None:
        self._busy = len(connections)
        self._deadline = self._start + self._seconds
        for connection in connections:
            connection.send(next(self._source))

    def _freed(self, connection: Connection) -> None:
        if time.perf_counter() < self._deadline:
            connection.send(next(self._source))
            return
        self._busy -= 1
        if self._busy == 0:
            self._done.set()


class Open(Stretch):
    """A request is sent when it is due. Without a free connection it waits, and its latency goes on growing."""

    def __init__(self, source: Iterator[bytes], seconds: float, rate: float, *, expects: bytes = b"") -> None:
        super().__init__(source, seconds, expects=expects)
        self._rate = rate
        self._waiting: deque[float] = deque()
        self._all_due = False

    def _begin(self, connections: list[Connection]) -> None:
        self._idle = list(connections)
        self._all = len(connections)
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._keep_time, daemon=True).start()

    def _keep_time(self) -> None:
        for offset in due_times(self._rate, self._seconds):
            ahead = self._start + offset - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            self._loop.call_soon_threadsafe(self._arrive, self._start + offset)
        self._loop.call_soon_threadsafe(self._last_was_due)

    def _arrive(self, due: float) -> None:
        if not self._idle:
            self._waiting.append(due)
            return
        connection = self._idle.pop()
        connection.due = due
        connection.send(next(self._source))

    def _freed(self, connection: Connection) -> None:
        self._latencies.append(time.perf_counter() - connection.due)
        self._idle.append(connection)
        if self._waiting:
            self._arrive(self._waiting.popleft())
        self._finish_if_last()

    def _last_was_due(self) -> None:
        self._all_due = True
        self._finish_if_last()

    def _finish_if_last(self) -> None:
        if self._all_due and len(self._idle) == self._all:
            self._done.set()
