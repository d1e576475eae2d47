"""Our event store as its users call it, with books of what it acknowledged."""

from __future__ import annotations

import itertools
import uuid

import psycopg

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.open_loop import closed_loop, open_loop
from benchmarks.orders import placed_orders
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Conflict
from eventing.event_store import NO_STREAM, Append, StreamWrite
from eventing.postgres.store import PostgresEventStore

DIFFERENT_ORDERS = 500
NOT_CONTIGUOUS = """
SELECT (SELECT count(*) <> max(position) FROM events)
    OR EXISTS (SELECT FROM events GROUP BY stream HAVING count(*) <> max(version))
"""


class OurStore:
    """Appends orders, and keeps the books: what was acknowledged has to be there, once and without a gap."""

    def __init__(self, store: PostgresEventStore, database_url: str) -> None:
        self._store = store
        self._url = database_url
        self._orders = itertools.cycle(list(itertools.islice(placed_orders(), DIFFERENT_ORDERS)))
        self._commands = itertools.count()
        self.acknowledged = 0
        self._taken = ""

    async def append(self) -> uuid.UUID:
        """A new order in a stream of its own; the event's id."""
        event_id = uuid.uuid4()
        stream = f"order-{event_id}"
        await self._write(stream, event_id)
        self._taken = stream
        return event_id

    async def append_many(self, events: int) -> None:
        """As many new orders in one append: for a backlog that has to be there before anything is measured."""
        ids = [uuid.uuid4() for _ in range(events)]
        writes = [StreamWrite(f"order-{each}", NO_STREAM, (NewEvent(each, next(self._orders)),)) for each in ids]
        await self._store.append(Append(writes, Circumstances(ids[0], "bench")))
        self.acknowledged += events

    async def append_with_conflicts(self) -> None:
        """Every tenth believes that a stream is not there yet which is."""
        if next(self._commands) % 10 or not self._taken:
            await self.append()
            return
        try:
            await self._write(self._taken, uuid.uuid4())
        except Conflict:
            return
        raise WrongResultError(f"two appends believed {self._taken} to be new, and both were acknowledged.")

    async def _write(self, stream: str, event_id: uuid.UUID) -> None:
        write = StreamWrite(stream, NO_STREAM, (NewEvent(event_id, next(self._orders)),))
        await self._store.append(Append((write,), Circumstances(event_id, "bench")))
        self.acknowledged += 1

    def contender(self, name: str, in_flight: int) -> Contender:
        async def run(seconds: float) -> Sample:
            return await closed_loop(self.append, in_flight, seconds)

        return Contender(name, run, self.check)

    def with_conflicts(self, in_flight: int) -> Contender:
        async def run(seconds: float) -> Sample:
            return await closed_loop(self.append_with_conflicts, in_flight, seconds)

        return Contender("ours, a tenth conflicts", run, self.check)

    def steady(self, rate: float) -> Contender:
        async def run(seconds: float) -> Sample:
            return await open_loop(self.append, rate, seconds)

        return Contender("ours", run, self.check)

    async def fill(self, events: int) -> None:
        while self.acknowledged < events:
            await closed_loop(self.append, 256, 1.0)

    async def check(self) -> None:
        with psycopg.connect(self._url) as connection:
            stored = connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
            broken = connection.execute(NOT_CONTIGUOUS).fetchall()[0][0]
        if stored != self.acknowledged:
            raise WrongResultError(f"{self.acknowledged} events were acknowledged, {stored} are stored.")
        if broken:
            raise WrongResultError("positions or versions have a gap.")
