"""What readers get: an order by its id, a search, and how soon a new order is there for both."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from elasticsearch import Elasticsearch

from benchmarks.bench import Bench
from benchmarks.contest import P50, P99, Contender, Contest, Hop, Limit, Peer, Sample, WrongResultError
from benchmarks.floors import floors
from benchmarks.http.asking import Asking
from benchmarks.http.load import HttpLoad, Questions, http_load
from benchmarks.http.our_api import customer_tokens, order_bodies
from benchmarks.http.process import HOST, free_port, serving
from benchmarks.http.requests import asking, reading, requests
from benchmarks.kafka import topic
from benchmarks.our_newcomers import OurNewcomers
from benchmarks.our_platform import FROM_THE_MODEL, OurPlatform, our_platform
from benchmarks.peers import equal_table
from benchmarks.worker import python_module
from eventing.settings import ProjectorSettings
from eventing.web.auth import Caller, Role
from projections.query_api.answering.search import question
from projections.query_api.asking.parameters import USUAL_PAGE

ORDERS = 8_000
ORDERS_FULL = 100_000
READERS = 32
SEARCHERS = 8
DIFFERENT = 8_000
"""Orders that are asked for in turn: none comes again before the process has forgotten it."""
HOT = 64
RATE = 200
LONGEST_MS = 15.0
LATER_THAN_REFRESH_MS = 100.0
COMPARED = 200
WORDS = ("ada berlin", "lovelace", "mug", "pens paris", "grace berlin", "lamport amsterdam", "blue", "hopper mug")
FILTERS: Sequence[dict[str, Any]] = (
    {},
    {"currency": ["EUR"]},
    {"total_from": 10_000, "sort": "-total"},
    {"sku": ["MUG-1"], "customer_id": ["customer-7"]},
)
OPERATOR = Caller("operator", frozenset({Role.OPERATOR}))


@asynccontextmanager
async def contests(bench: Bench) -> AsyncIterator[Sequence[Contest]]:
    async with AsyncExitStack() as stack:
        orders = ORDERS_FULL if bench.effort.full else ORDERS
        platform = await stack.enter_async_context(our_platform(bench, orders))
        load = await stack.enter_async_context(http_load())
        equal_table.create(platform.url)
        plain_port = free_port()
        argv = python_module("benchmarks.http.handlers", str(plain_port), platform.url)
        await stack.enter_async_context(serving(argv, plain_port, "/livez"))
        yield [
            *await by_id(platform, load, plain_port),
            await by_search(platform, load),
            *await new_ones(bench, stack, platform, plain_port),
        ]


async def by_id(platform: OurPlatform, load: HttpLoad, plain_port: int) -> Sequence[Contest]:
    tokens, host = customer_tokens(), f"{HOST}:{platform.queries_port}"
    all_of_them = [
        reading(host, f"/v1/orders/{order.order_id}", tokens[int(order.customer_id.partition("-")[2])])
        for order in platform.orders[:DIFFERENT]
    ]

    async def check() -> None:
        for order in random.Random(1).sample(platform.orders, COMPARED):
            answer = await platform.queries.ask(platform.get(f"/v1/orders/{order.order_id}"))
            shown = orjson.loads(answer.partition(b"\r\n\r\n")[2])
            if any(shown[name] != getattr(order, name) for name in ("order_id", "total", "customer_id")):
                raise WrongResultError(f"{order} is shown as {shown}.")

    empty = Questions("empty", HOST, plain_port, [reading(f"{HOST}:{plain_port}", "/empty", tokens[0])])
    each = Questions("each", HOST, platform.queries_port, all_of_them, FROM_THE_MODEL.decode())
    hot = Questions("hot", HOST, platform.queries_port, all_of_them[:HOT], FROM_THE_MODEL.decode())
    for questions in (empty, each, hot):
        await load.aim(questions)
    peer = Peer([busy(load, "FastAPI, empty handler", empty, READERS)], 0.7)
    return [
        Contest(
            f"GET an order, each another one, {READERS} connections", busy(load, "ours", each, READERS, check), [peer]
        ),
        Contest(f"GET an order of {HOT} hot ones", busy(load, "ours", hot, READERS, check), [peer]),
    ]


async def by_search(platform: OurPlatform, load: HttpLoad) -> Contest:
    asked = [{"q": words, **filters} for words, filters in product(WORDS, FILTERS)]
    host, there = f"{HOST}:{platform.queries_port}", urlsplit(platform.elasticsearch_url)
    path = f"/{platform.prefix}-order_search/_search"
    bodies = [question(OPERATOR, one, None, USUAL_PAGE) for one in asked]
    paths = [f"/v1/orders?{urlencode(one, doseq=True)}" for one in asked]
    ours = Questions(
        "search",
        HOST,
        platform.queries_port,
        [reading(host, one, platform.operator) for one in paths],
        FROM_THE_MODEL.decode(),
    )
    raw = Questions(
        *("raw search", there.hostname or "", there.port or 9200),
        [asking(there.netloc, path, orjson.dumps(body).decode()) for body in bodies],
        '"failed":0}',
    )
    for questions in (ours, raw):
        await load.aim(questions)

    async def check() -> None:
        """Both find the same, in the same order."""
        with Elasticsearch(platform.elasticsearch_url) as client:
            for one, body in zip(paths, bodies, strict=True):
                answer = await platform.queries.ask(platform.get(one))
                shown = [order["order_id"] for order in orjson.loads(answer.partition(b"\r\n\r\n")[2])["orders"]]
                hits = client.search(index=f"{platform.prefix}-order_search", **body)["hits"]["hits"]
                if not shown or shown != [hit["_id"] for hit in hits][:USUAL_PAGE]:
                    raise WrongResultError(f"{one} finds {shown}.")

    return Contest(
        f"search, {SEARCHERS} connections",
        busy(load, "ours", ours, SEARCHERS, check),
        [Peer([busy(load, "the same question sent raw", raw, SEARCHERS)], 0.7)],
    )


async def new_ones(bench: Bench, stack: AsyncExitStack, platform: OurPlatform, plain_port: int) -> Sequence[Contest]:
    def posts(port: int, path: str) -> Iterator[bytes]:
        return requests(f"{HOST}:{port}", path, order_bodies(256), customer_tokens())

    commands, plain = Asking(HOST, platform.commands_port), Asking(HOST, plain_port)
    stack.callback(commands.close)
    stack.callback(plain.close)
    loopback = await stack.enter_async_context(
        topic(bench.servers.kafka_bootstrap, f"{platform.prefix}.loopback", partitions=1)
    )
    floor = await stack.enter_async_context(
        floors(
            plain,
            posts(plain_port, "/empty"),
            reading(f"{HOST}:{plain_port}", "/empty", platform.operator).encode(),
            url=platform.url,
            bootstrap=bench.servers.kafka_bootstrap,
            topic=loopback,
            redis_url=bench.servers.redis_url,
        )
    )
    newcomers = OurNewcomers(platform, commands, posts(platform.commands_port, "/v1/orders"))
    refresh_ms = ProjectorSettings().refresh_ms
    return [
        Contest(
            f"POST to seen by id, {RATE}/s",
            newcomers.by_id("POST to seen by id", RATE),
            [Peer([floor.contender("the sum of its floors")], 4.0, P50)],
            [Limit(P99, LONGEST_MS)],
        ),
        Contest(
            f"POST to found by search, {RATE}/s",
            newcomers.by_search("POST to found by search", RATE),
            limits=[Limit(P99, refresh_ms + LATER_THAN_REFRESH_MS)],
        ),
    ]


def busy(load: HttpLoad, name: str, questions: Questions, connections: int, check: Any = None) -> Contender:
    async def run(seconds: float) -> Sample:
        return await load.closed(questions, connections, seconds)

    return Contender(name, run, check) if check else Contender(name, run)


HOP = Hop(
    "query",
    "An order to those who look it up or search for it, and how soon a new one is there for them.",
    contests,
    frozenset({"postgres", "kafka", "elasticsearch", "redis"}),
)
