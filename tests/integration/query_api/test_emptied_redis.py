"""A Redis that was emptied a moment ago is not a Redis in which there is nothing: nobody is shown an empty answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pytest
import pytest_asyncio
import redis
import redis.asyncio

from event_schemas.product.registered import ProductRegistered
from event_schemas.stock.received import StockReceived
from eventing.web.auth import Role
from projections.names import RedisNames
from projections.reading import NotServed
from projections.stores.redis_reader import RedisReader
from projections.wiring import read_models
from tests.support.queries.platform import QueryPlatform, QueryProcess, Reader, Writer, ids, query_api
from tests.support.waiting import PATIENCE
from tests.support.write_api import code

OWN = "/v1/customers/alice/orders"
TODAY = f"/v1/sales/days/{datetime.now(UTC).date()}"
OF_SELLERS = ("/v1/sales", TODAY, "/v1/sales/products/MUG-1", "/v1/catalogue", "/v1/stock", "/v1/catalogue/MUG-1")

PRODUCT = ProductRegistered(sku="MUG-1", name="Mug", description="Good.", unit_price=5, currency="EUR")


class Filled:
    def __init__(self, order_id: str, token: str) -> None:
        self.order_id = order_id
        self.token = token


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(api: QueryProcess, writer: Writer) -> Filled:
    """Something in every model that lists or adds up."""
    order_id, _ = await writer.place("alice")
    await writer.append("product-MUG-1", PRODUCT)
    await writer.append("stock-MUG-1", StockReceived(sku="MUG-1", quantity=5, reference="delivery-1"))
    token = await writer.confirm(order_id)
    listed = await api.as_("alice").get(OWN, seen=token)
    assert ids(listed.json()["orders"]) == [order_id]
    seller = api.as_("olga", Role.OPERATOR)
    async with asyncio.timeout(PATIENCE):
        for path in OF_SELLERS:
            while (await seller.get(path)).status_code != 200:
                """Goods have no token here, and an answer that is a moment old may lack them."""
    return Filled(order_id, token)


@pytest_asyncio.fixture(loop_scope="session")
async def reader(platform: QueryPlatform, filled: Filled) -> AsyncIterator[RedisReader]:
    async def nowhere(_: str) -> str | None:
        return None

    async with redis.asyncio.Redis.from_url(platform.redis_url) as client:
        yield RedisReader(client, names(platform), read_models(), nowhere)


def names(platform: QueryPlatform) -> RedisNames:
    return RedisNames(f"{platform.installation.prefix}:")


def empty(platform: QueryPlatform) -> None:
    """At one moment. What says which builds are live is left: so it looks until the board is looked at again."""
    with redis.Redis.from_url(platform.redis_url) as client:
        keys = cast(list[bytes], list(client.scan_iter(f"{platform.installation.prefix}:read:{{*", count=1000)))
        if keys:
            client.delete(*keys)


async def questions(asked: RedisReader, order_id: str) -> Sequence[Callable[[], Awaitable[Any]]]:
    tags = {model: standing.tag for model, standing in (await asked.standings()).items()}
    customers, goods = ((model, tags[model]) for model in ("customer_orders", "stock_and_catalogue"))
    return [
        partial(asked.listed, *customers, "customer:alice", below=None, limit=10),
        partial(asked.sums, *customers, ["alice"]),
        partial(asked.sums, "sales_by_day", tags["sales_by_day"], ["sku:MUG-1"]),
        partial(asked.listed_by_id, *goods, "catalogue", after="", limit=10),
        partial(asked.count, *goods, "catalogue"),
        partial(asked.documents, *goods, ["catalogue/MUG-1", "stock/MUG-1"]),
        partial(asked.documents, "order_summary", tags["order_summary"], [order_id]),
    ]


async def test_nobody_is_shown_an_empty_answer(
    platform: QueryPlatform, api: QueryProcess, filled: Filled, reader: RedisReader
) -> None:
    asked = await questions(reader, filled.order_id)
    assert all([await one() for one in asked]), "it is there"
    alice, seller = api.as_("alice"), api.as_("olga", Role.OPERATOR)

    empty(platform)

    listed = await alice.get(OWN)
    with_token = await alice.get(OWN, seen=filled.token, prefer="wait=0")
    order = await alice.get(f"/v1/orders/{filled.order_id}", seen=filled.token, prefer="wait=0")
    sold = [await seller.get(path) for path in OF_SELLERS]
    for one in asked:
        with pytest.raises(NotServed) as refused:
            await one()
        assert refused.value.code == "read_model_unavailable"
    for answer in (listed, *sold):
        assert code(answer) == (503, "read_model_unavailable"), answer.request.url
    assert with_token.status_code == 503
    assert order.json()["status"] == "confirmed"
    assert order.headers["read-source"] == "event-store"


async def test_who_takes_what_is_gone_for_empty_shows_nothing_as_if_it_were_all(
    platform: QueryPlatform, filled: Filled
) -> None:
    """The mutant: the test above can fail."""
    empty(platform)

    async with query_api(platform, mutant="takes_gone_for_empty") as mutant:
        alice: Reader = mutant.as_("alice")
        listed = await alice.get(OWN)

    assert listed.status_code == 200
    assert listed.json()["orders"] == []
