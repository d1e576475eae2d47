"""Models are rebuilt while customers place, cancel, read, list and search; two of four runs die: nobody notices."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest

from eventing.consistency import decode_all, encode_seen
from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, ids, query_api
from tests.support.read_models.history import Command, orders
from tests.support.read_models.process import ProjectorProcess
from tests.support.waiting import until, until_soon

MODELS = ("order_summary", "customer_orders", "order_search")
CUSTOMERS = 3
A_LOOK = 0.05
"""Seconds that people take to look at an answer: whether they notice is asked here, and not how many there can be."""
OLD_ORDERS = 60
KILLED = 137


@dataclass
class Seen:
    """What customers were told, and what was less than they had a right to."""

    sessions: int = 0
    wrong: list[str] = field(default_factory=list)
    cancelled: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    """Orders that somebody has already seen as cancelled, the last ones."""

    def demand(self, fine: bool, what: str, answer: httpx.Response) -> None:
        if answer.status_code != 200 or not fine:
            self.wrong.append(f"{what}: {answer.status_code} {answer.text[:300]}")


@asynccontextmanager
async def customers(api: QueryProcess, writer: Writer, faithful: str) -> AsyncIterator[Seen]:
    old = await orders_of(api, writer, faithful)
    seen = Seen()
    stop = asyncio.Event()

    async def one(number: int) -> None:
        while not stop.is_set():
            await session(api, writer, f"customer-{number}-{seen.sessions}", seen)
            seen.sessions += 1
            await asyncio.sleep(A_LOOK)

    async def others() -> None:
        while not stop.is_set():
            await look_at_what_never_changes(api, faithful, old, seen)
            await look_again(api, seen)
            await asyncio.sleep(A_LOOK)

    tasks = [asyncio.create_task(one(number)) for number in range(CUSTOMERS)] + [asyncio.create_task(others())]
    try:
        yield seen
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def session(api: QueryProcess, writer: Writer, customer: str, seen: Seen) -> None:
    """With tokens: whoever has written or seen something never gets less."""
    reader = api.as_(customer)
    order_id, token = await writer.place(customer)
    answer = await reader.get(f"/v1/orders/{order_id}", seen=token)
    seen.demand(answer.status_code == 200 and answer.json()["version"] >= 1, "a new order", answer)
    token = await writer.cancel(order_id, customer)
    answer = await reader.get(f"/v1/orders/{order_id}", seen=token)
    seen.demand(answer.status_code == 200 and answer.json()["status"] == "cancelling", "a cancelled order", answer)
    seen.cancelled.append(f"{customer} {order_id}")
    for path, query in ((f"/v1/customers/{customer}/orders", {}), ("/v1/orders", {"q": order_id})):
        answer = await reader.get(path, seen=token, **query)
        statuses = [(one["order_id"], one["status"]) for one in answer.json().get("orders", [])]
        seen.demand(statuses == [(order_id, "cancelling")], path, answer)


async def orders_of(api: QueryProcess, writer: Writer, customer: str) -> list[str]:
    """In the order in which they were placed, which goes on when all of them are shown."""
    placed = [await writer.place(customer) for _ in range(OLD_ORDERS)]
    last = {token.partition: token for _, text in placed for token in decode_all(text)}
    reader, token = api.as_(customer), encode_seen(last.values())
    for path in (f"/v1/customers/{customer}/orders", "/v1/orders"):
        (await reader.get(path, seen=token)).raise_for_status()
    return [order_id for order_id, _ in placed]


async def look_at_what_never_changes(api: QueryProcess, customer: str, old: list[str], seen: Seen) -> None:
    """Without a token: page by page, by search and by id it is always all there, and each order once."""
    reader = api.as_(customer)
    found: list[str] = []
    query: dict[str, str] = {"limit": "25"}
    while True:
        answer = await reader.get(f"/v1/customers/{customer}/orders", **query)
        seen.demand(True, "a page", answer)
        found += ids(answer.json().get("orders", []))
        if not (cursor := answer.json().get("next_cursor")):
            break
        query["cursor"] = cursor
    if found != old[::-1]:
        seen.wrong.append(f"{len(found)} of {len(old)} orders are listed")
    answer = await reader.get("/v1/orders", limit=100)
    seen.demand(sorted(ids(answer.json().get("orders", []))) == sorted(old), "a search", answer)
    answer = await reader.get(f"/v1/orders/{old[0]}")
    seen.demand(True, "an old order", answer)


async def look_again(api: QueryProcess, seen: Seen) -> None:
    """Without a token: what was once shown as cancelled is never shown as it was before."""
    for one in list(seen.cancelled):
        customer, order_id = one.split()
        answer = await api.as_(customer).get(f"/v1/orders/{order_id}")
        seen.demand(answer.status_code == 200 and answer.json()["status"] == "cancelling", "once more", answer)


@pytest.mark.slow
async def test_no_reader_notices_a_rebuild_nor_that_it_was_killed(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    async with customers(api, writer, "faithful") as seen:
        for model in MODELS:
            await until_soon(lambda now=seen.sessions: seen.sessions > now + CUSTOMERS, "customers are served")  # type: ignore[misc]
            await asyncio.to_thread(rebuilt_with_two_deaths, platform, model)
            await until_soon(lambda now=seen.sessions: seen.sessions > now + CUSTOMERS, "customers are served")  # type: ignore[misc]

    assert seen.wrong == []


def rebuilt_with_two_deaths(platform: QueryPlatform, model: str) -> None:
    with Command(platform, "projections", "rebuild", model, mutant="slow") as command:
        until(lambda: is_being_filled(platform, model), "it is being filled")
        command.kill()
    status, _, said = orders(platform, "projections", "rebuild", model, CRASH_POINT="rebuild.switched:1")
    assert status == KILLED, said
    status, out, said = orders(platform, "projections", "rebuild", model, "--json")
    assert status == 0, said
    assert json.loads(out)["finished_only"]
    status, out, said = orders(platform, "projections", "rebuild", model, "--json")
    assert status == 0, said
    comparison = json.loads(out)["comparison"]
    assert (comparison["different"], comparison["missing"]) == ([], [])


def is_being_filled(platform: QueryPlatform, model: str) -> bool:
    query = "SELECT 1 FROM read_model_generations WHERE model = %s AND state = 'building'"
    with psycopg.connect(platform.installation.postgres_url) as connection:
        return bool(connection.execute(query, (model,)).fetchall())


@pytest.mark.slow
async def test_readers_notice_a_switch_before_the_new_build_has_caught_up(
    platform: QueryPlatform, writer: Writer, projector: ProjectorProcess
) -> None:
    """The mutant."""
    async with query_api(platform) as api, customers(api, writer, "loyal") as seen:
        status, _, said = await asyncio.to_thread(
            orders, platform, "projections", "rebuild", "order_summary", mutant="switch_before_caught_up"
        )
        assert status == 0, said
        await until_soon(lambda: seen.wrong, "somebody is shown less than before")
