"""Hints say where to look, long before streams look by themselves; without them nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import pytest
import pytest_asyncio

from projections.query_api.live.feeds import RECENT
from tests.support.queries.listening import events_of, take, types
from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, query_api
from tests.support.read_models.process import ProjectorProcess


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def patient(platform: QueryPlatform, projector: ProjectorProcess) -> AsyncIterator[QueryProcess]:
    """Its streams do not look by themselves for as long as any of these tests lasts."""
    async with query_api(platform, mutant="looks_seldom") as process:
        yield process


@pytest.mark.parametrize("kind", ["orders", "customers"])
async def test_a_hint_brings_a_change_to_who_listens(patient: QueryProcess, writer: Writer, kind: str) -> None:
    customer = f"hilda-{uuid4().hex[:8]}"
    order_id, token = await writer.place(customer)
    await patient.as_(customer).get(f"/v1/customers/{customer}/orders", seen=token)
    path = f"/v1/{kind}/{order_id if kind == 'orders' else customer}/live"
    async with aclosing(events_of(patient, path, customer)) as stream:
        first = await take(stream, 1)
        await writer.cancel(order_id, customer)
        second = await take(stream, 1)

    if kind == "orders":
        assert types(first + second) == ["order.placed", "order.cancellation_requested"]
    else:
        assert [told["data"]["status"] for told in first + second] == ["placed", "cancelling"]


async def test_a_lost_hint_delays_and_loses_nothing(
    api: QueryProcess, writer: Writer, projector: ProjectorProcess
) -> None:
    """No projector, no hint: the periodic look finds it in the store."""
    order_id, _ = await writer.place("olaf")
    async with aclosing(events_of(api, f"/v1/orders/{order_id}/live", "olaf")) as stream:
        await take(stream, 1)
        projector.freeze()
        try:
            await writer.cancel(order_id, "olaf")
            told = await take(stream, 1)
        finally:
            projector.thaw()
    assert types(told) == ["order.cancellation_requested"]


async def test_a_lost_hint_about_an_old_order_loses_nothing(
    platform: QueryPlatform, writer: Writer, projector: ProjectorProcess
) -> None:
    """It is not among the newest that are looked at most: only a look at all of the list finds it."""
    customer = f"otto-{uuid4().hex[:8]}"
    oldest, _ = await writer.place(customer)
    placed = [await writer.place(customer) for _ in range(RECENT)]
    async with query_api(platform, mutant="deaf_to_changes") as api:
        reader = api.as_(customer)
        listed = await reader.get(f"/v1/customers/{customer}/orders", seen=", ".join(t for _, t in placed[-16:]))
        since = listed.headers["consistency-token"]
        path = f"/v1/customers/{customer}/live"
        async with aclosing(events_of(api, path, customer, **{"last-event-id": since})) as stream:
            changed = await writer.cancel(oldest, customer)
            await reader.get(f"/v1/customers/{customer}/orders", seen=changed)
            newest, _ = await writer.place(customer)
            told: set[str] = set()
            while not {oldest, newest} <= told:
                told |= {event["data"]["order_id"] for event in await take(stream, 1)}
