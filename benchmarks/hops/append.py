"""A command's events into the event store: through the store's own interface, Avro encoding included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

import event_schemas
from benchmarks.bench import Bench
from benchmarks.contest import P50, Contest, Hop, Peer
from benchmarks.orders import placed_orders
from benchmarks.our_store import OurStore
from benchmarks.peers import emmett, equal_table, pgbench, psycopg_insert, pyeventsourcing
from eventing.avro import Codec
from eventing.catalogue import Catalogue
from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore

PREFILLED = 20_000
PREFILLED_FULL = 1_000_000
STEADY_RATE = 1000


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
