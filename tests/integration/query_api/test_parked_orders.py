"""An order that a model had to leave behind is not shown as if the model had kept up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.queries.as_stored import put_bytes
from tests.support.queries.platform import TOPIC, QueryPlatform, QueryProcess, Writer, ids

PARK = """
INSERT INTO parked_events (consumer, topic, partition, kafka_offset, key, value, header_names, header_values,
                           cause_code, cause, attempts)
VALUES (%s, %s, 0, 1000000, %s, '', '{}', '{}', 'unreadable', 'made up', 1)
"""


@contextmanager
def parked(platform: QueryPlatform, model: str, order_id: str) -> Iterator[None]:
    platform.installation.query(PARK, f"projection-{model}-g1-1", TOPIC, order_id)
    try:
        yield
    finally:
        platform.installation.query("DELETE FROM parked_events WHERE key = %s", order_id)


async def test_a_parked_order_is_answered_from_its_events(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    order_id, token = await writer.place("yuri")
    reader = api.as_("yuri")
    path = f"/v1/orders/{order_id}"
    assert (await reader.get(path, seen=token)).headers["read-source"] == "read-model"

    with parked(platform, "order_summary", order_id):
        async with asyncio.timeout(60):
            while True:
                answer = await reader.get(path)
                assert answer.status_code == 200
                if answer.headers["read-source"] == "event-store":
                    break
                await asyncio.sleep(0.05)


LISTS = {"customer_orders": "/v1/customers/zoe/orders", "order_search": "/v1/orders"}


@pytest.mark.parametrize("model", LISTS)
async def test_a_list_says_that_its_model_left_an_order_behind(
    platform: QueryPlatform, api: QueryProcess, writer: Writer, model: str
) -> None:
    """To whoever knows of the event at once; to everybody else after a moment. Other models have nothing to say."""
    order_id, token = await writer.place("zoe")
    zoe, path = api.as_("zoe"), LISTS[model]
    before = await zoe.get(path, seen=token)

    with parked(platform, model, order_id):
        told = await zoe.get(path, seen=token)
        others = [await zoe.get(other, seen=token) for name, other in LISTS.items() if name != model]
        async with asyncio.timeout(60):
            while (await zoe.get(path)).headers.get("read-parked") != "1":  # noqa: ASYNC110 - another process looks
                await asyncio.sleep(0.05)
    after = await zoe.get(path, seen=token)

    assert order_id in ids(told.json()["orders"])
    assert told.headers["read-parked"] == "1"
    assert not [one.headers["read-parked"] for one in (before, *others, after) if "read-parked" in one.headers]


async def test_an_event_that_no_model_can_take_is_not_passed_over_in_silence(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    """It is really in the log and really parked; the token is its own, and all models have moved past it."""
    order_id, _ = await writer.place("zelda")
    token = put_bytes(platform.installation, f"order-{order_id}", "order.cancellation_requested", 1, b"\xff")
    zelda = api.as_("zelda")

    listed = await zelda.get("/v1/customers/zelda/orders", seen=token)
    found = await zelda.get("/v1/orders", seen=token)
    platform.installation.query("DELETE FROM parked_events WHERE key = %s", order_id)

    for answer in (listed, found):
        assert answer.status_code == 200, answer.text
        assert [order["status"] for order in answer.json()["orders"]] == ["placed"]
        assert answer.headers["read-parked"] == "1"
