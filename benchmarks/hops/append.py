"""A command's events into the event store: through the store's own interface, Avro encoding included."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

import psycopg

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import P50, Contender, Contest, Hop, Peer, Sample, WrongResultError
from benchmarks.open_loop import closed_loop, open_loop
from benchmarks.orders import placed_orders
from benchmarks.peers import emmett, equal_table, pgbench, psycopg_insert, pyeventsourcing
from eventing.avro import Codec
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Conflict
from eventing.event_store import NO_STREAM, Append, StreamWrite
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore

PREFILLED = 20_000
PREFILLED_FULL = 1_000_000
DIFFERENT_ORDERS = 500
STEADY_RATE = 1000
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
        self._acknowledged = 0
        self._taken = ""

    async def append(self) -> None:
        event_id = uuid.uuid4()
        stream = f"order-{event_id}"
        await self._write(stream, event_id)
        self._taken = stream

    async def append_with_conflicts(self) -> None:
        """Every tenth believes that a stream is not there yet which is."""
        if next(self._commands) % 10 or not self._taken:
            return await self.append()
        try:
            await self._write(self._taken, uuid.uuid4())
        except Conflict:
            return None
        raise WrongResultError(f"two appends believed {self._taken} to be new, and both were acknowledged.")

    async def _write(self, stream: str, event_id: uuid.UUID) -> None:
        write = StreamWrite(stream, NO_STREAM, (NewEvent(event_id, next(self._orders)),))
        await self._store.append(Append((write,), Circumstances(event_id, "bench")))
        self._acknowledged += 1

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
        while self._acknowledged < events:
            await closed_loop(self.append, 256, 1.0)

    async def check(self) -> None:
        with psycopg.connect(self._url) as connection:
            stored = connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
            broken = connection.execute(NOT_CONTIGUOUS).fetchall()[0][0]
        if stored != self._acknowledged:
            raise WrongResultError(f"{self._acknowledged} events were acknowledged, {stored} are stored.")
        if broken:
            raise WrongResultError("positions or versions have a gap.")


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("append"))
        migrating.upgrade(url)
        codec = Codec(Catalogue.discover(event_schemas))
        ours = OurStore(await stack.enter_async_context(PostgresEventStore.open(url, codec)), url)
        await ours.fill(PREFILLED_FULL if bench.effort.full else PREFILLED)
        equal_table.create(url)
        equal_table.fill(url)
        order = next(placed_orders())
        body = codec.encode(order).body
        ledger = equal_table.Ledger(url)
        bare = server_itself(bench, url, body, ledger)
        peers = [Peer([bare.contender(clients) for clients in (8, 16, 32)], 1.5)] if bare else []
        for kind, target in (("aggregate", 4.0), ("ordered", 12.0), ("functions", 6.0)):
            recorders = pyeventsourcing.contenders(kind, url, body, (4, 8, 16))
            peers.append(Peer(await stack.enter_async_context(recorders), target))
        if found := await stack.enter_async_context(emmett.contenders(bench, url, asdict(order), (16, 64))):
            peers.append(Peer(found))
        alone = psycopg_insert.contender(url, body, ledger)
        undisturbed = ours.contender("ours, none conflicts", 64)
        yield [
            Contest("64 in flight", ours.contender("ours", 64), peers),
            Contest("one in flight", ours.contender("ours", 1), [Peer([alone], 0.6)]),
            Contest("64 in flight, conflicts", ours.with_conflicts(64), [Peer([undisturbed], 0.8)]),
            Contest(
                f"steady {STEADY_RATE}/s",
                ours.steady(STEADY_RATE),
                [Peer([bare.open_loop(16, STEADY_RATE)], measure=P50)] if bare else [],
            ),
        ]


def server_itself(bench: Bench, url: str, body: bytes, ledger: equal_table.Ledger) -> pgbench.Pgbench | None:
    program = pgbench.find()
    if program is None:
        bench.skip("pgbench", "it is not installed with the server, nor in the PATH")
        return None
    return pgbench.Pgbench(program, url, body, ledger)


HOP = Hop("append", "An order's event into the event store, acknowledged when it is durable.", contests)
