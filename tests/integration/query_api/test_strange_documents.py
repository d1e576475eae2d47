"""A document in Redis that can't be read: its order is answered from its events, and no answer is an error of ours."""

from __future__ import annotations

import asyncio
from typing import cast

import redis

from tests.support.queries.platform import QueryPlatform, QueryProcess, Reader, Writer
from tests.support.write_api import code


def spoil(platform: QueryPlatform, model: str, document_id: str) -> None:
    with redis.Redis.from_url(platform.redis_url) as client:
        keys = client.scan_iter(f"{platform.installation.prefix}:read:{{{model}:*}}:docs:*", count=1000)
        (key,) = [key for key in keys if client.hexists(key, document_id)]
        client.hset(key, document_id, b"strange " + cast(bytes, client.hget(key, document_id)))


async def answered_from_events(reader: Reader, path: str) -> None:
    """What was read before is kept for a second."""
    async with asyncio.timeout(30):
        while (answer := await reader.get(path)).headers["read-source"] != "event-store":
            assert answer.status_code == 200
    assert answer.json()["status"] == "confirmed"


async def test_an_order_is_answered_from_its_events_and_a_list_says_that_it_is_not_to_be_had(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    order_id, _ = await writer.place("erik")
    token = await writer.confirm(order_id)
    erik, path, own = api.as_("erik"), f"/v1/orders/{order_id}", "/v1/customers/erik/orders"
    for one in (path, f"{path}/saga", own):
        assert (await erik.get(one, seen=token)).headers["read-source"] == "read-model"

    for model in ("order_summary", "saga_progress", "customer_orders"):
        spoil(platform, model, order_id)

    await answered_from_events(erik, path)
    await answered_from_events(erik, f"{path}/saga")
    assert (await api.as_("stranger").get(path)).status_code == 404
    listed = await erik.get(own)
    assert code(listed) == (503, "read_model_unavailable")
