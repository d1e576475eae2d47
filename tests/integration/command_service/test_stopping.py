"""The write API ends amid the load: whatever is stored was answered, and whatever was answered is stored."""

from __future__ import annotations

import asyncio
import signal

import httpx

from eventing.crash_points import EXIT_STATUS
from eventing.postgres.store import PostgresEventStore
from eventing.web.auth import Role
from tests.support.write_api import MUG, order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api

CUSTOMERS = 20
ENOUGH = 200


async def order_for_ever(api: ApiProcess, customer: str, told: list[str], enough: asyncio.Event) -> None:
    client = api.as_(customer, Role.CUSTOMER)
    while True:
        try:
            answer = await client.post("/v1/orders", order())
        except httpx.TransportError:
            return
        assert answer.status_code == 201, answer.text
        told.append(f"order-{answer.json()['order_id']}")
        if len(told) >= ENOUGH:
            enough.set()


async def ordered_until_it_ends(api: ApiProcess, customer: str, *, told_to_stop: bool) -> list[str]:
    told: list[str] = []
    enough = asyncio.Event()
    customers = [asyncio.ensure_future(order_for_ever(api, customer, told, enough)) for _ in range(CUSTOMERS)]
    async with asyncio.timeout(120):
        if told_to_stop:
            await enough.wait()
            api.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*customers)
    return told


async def orders_of(store: PostgresEventStore, customer: str) -> list[str]:
    return [event.stream for event in await store.read_log(0, limit=100_000) if event.actor == customer]


async def test_nothing_is_accepted_and_lost(surroundings: Surroundings, store: PostgresEventStore) -> None:
    async with write_api(surroundings) as api:
        await api.as_("carol", Role.CATALOGUE).post("/v1/products", MUG)
        told = await ordered_until_it_ends(api, "amid", told_to_stop=True)
        assert await api.ended() == 0

    assert sorted(await orders_of(store, "amid")) == sorted(told)


async def test_one_that_ends_without_notice_owes_answers(surroundings: Surroundings, store: PostgresEventStore) -> None:
    """The mutant: it is gone between a commit and its answers."""
    async with write_api(surroundings, ORDERS_CRASH_POINT=f"commands.committed:{ENOUGH}") as api:
        await api.as_("carol", Role.CATALOGUE).post("/v1/products", MUG)
        told = await ordered_until_it_ends(api, "abrupt", told_to_stop=False)
        assert await api.ended() == EXIT_STATUS

    assert set(told) < set(await orders_of(store, "abrupt"))
