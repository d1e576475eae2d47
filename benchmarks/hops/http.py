"""`POST /v1/orders` with everything on, beside FastAPI handlers on the same server: one worker each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg

from benchmarks.bench import Bench
from benchmarks.contest import P50, Contender, Contest, Hop, Peer, Sample, WrongResultError
from benchmarks.http.load import HttpLoad, Target, http_load
from benchmarks.http.our_api import customer_tokens, order_bodies, our_api, register_products
from benchmarks.http.process import HOST, free_port, serving
from benchmarks.peers import equal_table
from benchmarks.worker import python_module
from eventing.postgres import migrating
from operations.migrations import locations

CONNECTIONS = 64
STEADY_RATE = 1000
DIFFERENT_BODIES = 256
PLACED = "SELECT count(*) FROM events WHERE type = 'order.placed'"


class Books:
    """Counts what each address acknowledged, over all contests, against what the database holds."""

    def __init__(self, load: HttpLoad, database_url: str) -> None:
        self._load = load
        self._url = database_url
        self._acknowledged: dict[str, int] = {}

    def busy(self, name: str, target: Target, stored: str | None = None) -> Contender:
        async def run(seconds: float) -> Sample:
            return self._booked(target, await self._load.closed(target, CONNECTIONS, seconds))

        return Contender(name, run, self._check(target, stored))

    def steady(self, name: str, target: Target, stored: str | None = None) -> Contender:
        async def run(seconds: float) -> Sample:
            return self._booked(target, await self._load.open(target, CONNECTIONS, seconds, STEADY_RATE))

        return Contender(name, run, self._check(target, stored))

    def _booked(self, target: Target, sample: Sample) -> Sample:
        self._acknowledged[target.name] = self._acknowledged.get(target.name, 0) + sample.events
        return sample

    def _check(self, target: Target, stored: str | None) -> Callable[[], Awaitable[None]]:
        async def check() -> None:
            if stored is None:
                return
            with psycopg.connect(self._url) as connection:
                there = connection.execute(stored).fetchall()[0][0]
            acknowledged = self._acknowledged[target.name]
            if there != acknowledged:
                raise WrongResultError(f"{target.name}: {acknowledged} were acknowledged, {there} are stored.")

        return check


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench.database("http"))
        migrating.upgrade(url, locations())
        equal_table.create(url)
        plain_port = free_port()
        argv = python_module("benchmarks.http.handlers", str(plain_port), url)
        await stack.enter_async_context(serving(argv, plain_port, "/livez"))
        our_port = await stack.enter_async_context(our_api(url, bench.servers.redis_url, bench.name("http")))
        await register_products(our_port)
        load = await stack.enter_async_context(http_load())
        bodies, tokens = order_bodies(DIFFERENT_BODIES), customer_tokens()
        ours = Target("ours", HOST, our_port, "/v1/orders", bodies, tokens)
        empty = Target("empty", HOST, plain_port, "/empty", bodies, tokens)
        insert = Target("insert", HOST, plain_port, "/insert", bodies, tokens)
        for target in (ours, empty, insert):
            await load.aim(target)
        books = Books(load, url)
        inserted = f"SELECT count(*) FROM {equal_table.TABLE}"
        yield [
            Contest(
                f"POST an order, {CONNECTIONS} connections",
                books.busy("ours", ours, PLACED),
                [
                    Peer([books.busy("FastAPI, empty handler", empty)], 0.75),
                    Peer([books.busy("FastAPI, one INSERT", insert, inserted)], 1.5),
                ],
            ),
            Contest(
                f"POST an order, steady {STEADY_RATE}/s",
                books.steady("ours", ours, PLACED),
                [
                    Peer([books.steady("FastAPI, empty handler", empty)], measure=P50),
                    Peer([books.steady("FastAPI, one INSERT", insert, inserted)], measure=P50),
                ],
            ),
        ]


HOP = Hop(
    "http",
    "An order over HTTP: authenticated, validated, decided, stored once.",
    contests,
    frozenset({"postgres", "redis"}),
)
