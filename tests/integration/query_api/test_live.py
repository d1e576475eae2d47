"""Live streams over real servers: in order, without a gap, to those who may see them, and no longer than they may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from eventing.web.auth import Role
from projections.query_api.live.subscription import QUEUE
from tests.support.queries.listening import (
    PATIENCE,
    closed_with,
    events_of,
    hear,
    protocols,
    say,
    socket_address,
    take,
    talking,
    types,
)
from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, query_api
from tests.support.write_api import code


async def test_an_order_is_told_as_it_happens_and_gone_on_with_after_a_gap(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("mona")
    path = f"/v1/orders/{order_id}/live"
    async with aclosing(events_of(api, path, "mona")) as stream:
        first = await take(stream, 1)
        await writer.confirm(order_id)
        rest = await take(stream, 3)
    assert types(first + rest) == ["order.placed", "inventory.reserved", "payment.charged", "order.confirmed"]

    async with aclosing(events_of(api, path, "mona", **{"last-event-id": rest[0]["id"]})) as stream:
        again = await take(stream, 2)
    assert types(again) == ["payment.charged", "order.confirmed"]


async def test_a_customer_is_told_of_all_its_orders(api: QueryProcess, writer: Writer) -> None:
    customer = f"nora-{uuid4().hex[:8]}"
    first, _ = await writer.place(customer)
    async with aclosing(events_of(api, f"/v1/customers/{customer}/live", customer)) as stream:
        known = await take(stream, 1)
        second, _ = await writer.place(customer)
        new = await take(stream, 1)
        await writer.cancel(first, customer)
        changed = await take(stream, 1)
        # Once everything has been looked at an id tells of it, and going on from there brings nothing that was told.
        async with asyncio.timeout(PATIENCE):
            while await told_again(api, writer, stream, customer):  # noqa: ASYNC110 - another process looks
                await asyncio.sleep(2.5)

    assert known[0]["data"]["order_id"] == first
    assert new[0]["data"]["order_id"] == second
    assert (changed[0]["data"]["order_id"], changed[0]["data"]["status"]) == (first, "cancelling")


async def told_again(api: QueryProcess, writer: Writer, stream: AsyncIterator[dict[str, Any]], customer: str) -> bool:
    """Whether one who goes on from the last id of this stream is told of more than what came then and later."""
    third, _ = await writer.place(customer)
    (last,) = await take(stream, 1)
    resumed = events_of(api, f"/v1/customers/{customer}/live", customer, **{"last-event-id": last["id"]})
    async with aclosing(resumed):
        (missed,) = await take(resumed, 1)
        fourth, _ = await writer.place(customer)
        (later,) = await take(resumed, 1)
    await take(stream, 1)
    return [missed["data"]["order_id"], later["data"]["order_id"]] != [third, fourth]


async def test_a_customer_of_many_orders_is_told_of_all_of_them(api: QueryProcess, writer: Writer) -> None:
    """They are more than may pile up for one who does not read."""
    customer = f"otis-{uuid4().hex[:8]}"
    made = await asyncio.gather(*(writer.place(customer) for _ in range(QUEUE + 50)))
    async with asyncio.timeout(PATIENCE):
        for order_id, token in made:
            await is_shown(api, customer, order_id, token)
        while await shown(api, customer) < len(made):
            """Those that come later would be told as news."""

    async with aclosing(events_of(api, f"/v1/customers/{customer}/live", customer)) as stream:
        told = await take(stream, len(made))

    assert {event["data"]["order_id"] for event in told} == {order_id for order_id, _ in made}


async def is_shown(api: QueryProcess, customer: str, order_id: str, token: str) -> None:
    while (await api.as_(customer).get(f"/v1/orders/{order_id}", seen=token)).headers["read-source"] != "read-model":
        """It was answered from its events."""


async def shown(api: QueryProcess, customer: str) -> int:
    answer = await api.as_(customer).get(f"/v1/customers/{customer}/orders", limit=1)
    return int(answer.json()["counts"]["orders"])


@pytest.mark.parametrize("kind", ["orders", "customers"])
async def test_a_stranger_hears_nothing(api: QueryProcess, writer: Writer, kind: str) -> None:
    order_id, _ = await writer.place("paul")
    path = f"/v1/{kind}/{order_id if kind == 'orders' else 'paul'}/live"

    assert code(await api.as_("stranger").get(path)) == (404, "order_not_found")
    assert (await api.as_(None).get(path)).status_code == 401
    assert (await api.as_("wanda", Role.WAREHOUSE).get(path)).status_code == 403


async def test_a_page_of_another_origin_hears_nothing(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("quin")
    token = api.platform.token("quin")
    headers = {"authorization": f"Bearer {token}", "origin": "https://evil.example"}

    assert code(await api.http.get(f"/v1/orders/{order_id}/live", headers=headers)) == (403, "origin_refused")
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_address(api), origin=Origin("https://evil.example"), subprotocols=protocols(token))
    assert refused.value.response.status_code == 403


async def test_several_orders_on_one_socket(api: QueryProcess, writer: Writer) -> None:
    mine, _ = await writer.place("rosa")
    theirs, _ = await writer.place("someone")
    async with talking(api, "rosa") as connection:
        await say(connection, {"type": "subscribe", "order_id": theirs})
        refused = await hear(connection)
        await say(connection, {"type": "subscribe", "order_id": mine})
        subscribed = await hear(connection)
        event = await hear(connection)
        await writer.cancel(mine, "rosa")
        later = await hear(connection)

    assert (refused["type"], refused["problem"]["code"]) == ("problem", "order_not_found")
    assert subscribed == {"type": "subscribed", "kind": "order", "id": mine}
    assert (event["event"], event["of"], event["data"]["version"]) == ("order.placed", mine, 1)
    assert later["event"] == "order.cancellation_requested"


async def test_the_token_may_come_as_a_subprotocol(api: QueryProcess) -> None:
    async with connect(socket_address(api), subprotocols=protocols(api.platform.token("tina"))) as connection:
        assert connection.subprotocol == "orderloom.v1"
        assert (await hear(connection))["type"] == "welcome"


async def test_who_does_not_say_who_it_is_is_let_go(api: QueryProcess) -> None:
    async with connect(socket_address(api), additional_headers={"cookie": "session=1"}) as connection:
        await say(connection, {"type": "subscribe", "customer_id": "tina"})
        assert (await hear(connection))["problem"]["code"] == "unauthenticated"
        assert await closed_with(connection) == 4401


async def test_a_socket_ends_with_its_token(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("ulla")
    began = time.time()
    async with talking(api, "ulla", seconds=5) as connection:
        await say(connection, {"type": "subscribe", "order_id": order_id})
        assert await closed_with(connection) == 4401
    assert time.time() - began > 3


async def test_a_stream_ends_with_its_token(api: QueryProcess, writer: Writer) -> None:
    order_id, _ = await writer.place("ulla")
    token = api.platform.token("ulla", seconds=5)
    async with asyncio.timeout(PATIENCE):
        answer = await api.http.get(f"/v1/orders/{order_id}/live", headers={"authorization": f"Bearer {token}"})
    assert 'data: {"reason":"expired"}' in answer.text


@pytest.mark.parametrize(("sent", "ended"), [("x" * 4097, 1009), ("no json", 4400), ("[1]", 4400)])
async def test_nonsense_ends_a_socket(api: QueryProcess, sent: str, ended: int) -> None:
    async with talking(api, "vera") as connection:
        await connection.send(sent)
        assert await closed_with(connection) == ended


async def test_streams_end_when_the_process_is_told_to(platform: QueryPlatform, writer: Writer) -> None:
    order_id, _ = await writer.place("xena")
    async with query_api(platform) as own:
        headers = {"authorization": f"Bearer {platform.token('xena')}"}
        listening = asyncio.create_task(own.http.get(f"/v1/orders/{order_id}/live", headers=headers))
        async with talking(own, "xena") as connection:
            await say(connection, {"type": "subscribe", "order_id": order_id})
            await hear(connection)
            own.process.terminate()
            assert await closed_with(connection) in (1001, 1012)
        answer: httpx.Response = await asyncio.wait_for(listening, PATIENCE)
        assert await asyncio.wait_for(own.process.wait(), PATIENCE) == 0
    assert 'data: {"reason":"draining"}' in answer.text
