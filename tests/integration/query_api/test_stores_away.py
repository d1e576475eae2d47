"""A server that is away takes its own questions with it, and no others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, ids, query_api
from tests.support.read_models.process import ProjectorProcess
from tests.support.tcp_proxy import TcpProxy
from tests.support.write_api import code


@pytest.fixture(scope="module")
def to_redis(platform: QueryPlatform) -> Iterator[TcpProxy]:
    where = urlsplit(platform.redis_url)
    with TcpProxy(where.hostname or "", where.port or 0) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def to_elasticsearch(platform: QueryPlatform) -> Iterator[TcpProxy]:
    where = urlsplit(platform.elasticsearch_url)
    with TcpProxy(where.hostname or "", where.port or 0) as proxy:
        yield proxy


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(
    platform: QueryPlatform, projector: ProjectorProcess, to_redis: TcpProxy, to_elasticsearch: TcpProxy
) -> AsyncIterator[QueryProcess]:
    redis_url = urlsplit(platform.redis_url)._replace(netloc=f"{to_redis.host}:{to_redis.port}").geturl()
    search_url = f"http://{to_elasticsearch.host}:{to_elasticsearch.port}"
    async with query_api(platform, REDIS__URL=redis_url, ELASTICSEARCH__URL=search_url) as process:
        yield process


async def test_without_redis_orders_are_folded_from_their_events(
    apart: QueryProcess, writer: Writer, to_redis: TcpProxy
) -> None:
    order_id, token = await writer.place("karl")
    karl = apart.as_("karl")
    assert (await karl.get(f"/v1/orders/{order_id}", seen=token)).headers["read-source"] == "read-model"
    to_redis.refuse()
    to_redis.cut()
    try:
        began = time.monotonic()
        changed = await writer.cancel(order_id, "karl")
        order = await karl.get(f"/v1/orders/{order_id}", seen=changed, prefer="wait=0.2")
        saga = await karl.get(f"/v1/orders/{order_id}/saga")
        foreign = await apart.as_("stranger").get(f"/v1/orders/{order_id}")
        listed = await karl.get("/v1/customers/karl/orders")
        history = await karl.get(f"/v1/orders/{order_id}/history")
        ready = await apart.http.get("/readyz")
        took = time.monotonic() - began
    finally:
        to_redis.accept()

    assert order.json()["status"] == "cancelling"
    assert order.headers["read-source"] == "event-store"
    assert saga.json()["status"] == "cancelling"
    assert foreign.status_code == 404
    assert code(listed) == (503, "read_model_unavailable")
    assert listed.headers["retry-after"]
    assert history.status_code == 200
    assert ready.json()["status"] == "degraded"
    assert took < 10, "nobody waited for Redis"
    await shows_lists_again(apart, order_id)


async def shows_lists_again(api: QueryProcess, order_id: str) -> None:
    async with asyncio.timeout(60):
        while True:
            answer = await api.as_("karl").get("/v1/customers/karl/orders")
            if answer.status_code == 200:
                assert order_id in ids(answer.json()["orders"])
                return
            await asyncio.sleep(0.05)


async def test_without_elasticsearch_only_search_is_away(
    apart: QueryProcess, writer: Writer, to_elasticsearch: TcpProxy
) -> None:
    order_id, token = await writer.place("lena")
    lena = apart.as_("lena")
    assert (await lena.get("/v1/orders", seen=token)).status_code == 200
    to_elasticsearch.refuse()
    to_elasticsearch.cut()
    try:
        search = await lena.get("/v1/orders", q="mug")
        order = await lena.get(f"/v1/orders/{order_id}", seen=token)
        listed = await lena.get("/v1/customers/lena/orders", seen=token)
    finally:
        to_elasticsearch.accept()

    assert code(search) == (503, "search_unavailable")
    assert order.status_code == 200
    assert ids(listed.json()["orders"]) == [order_id]
    async with asyncio.timeout(60):
        while True:
            if (await lena.get("/v1/orders", q="mug")).status_code == 200:
                break
            await asyncio.sleep(0.05)
