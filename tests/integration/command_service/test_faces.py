"""What a running write API shows, takes in and hands on."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from eventing.postgres.store import PostgresEventStore
from eventing.web.auth import Role
from tests.support.write_api import order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_the_conversation_is_stored_with_the_events(api: ApiProcess, store: PostgresEventStore) -> None:
    conversation = uuid4()
    alice = api.as_("alice", Role.CUSTOMER)
    alice.headers |= {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "x-correlation-id": str(conversation)}

    placed = await alice.post("/v1/orders", order())

    (event,) = await store.read(f"order-{placed.json()['order_id']}")
    assert event.traceparent is not None
    assert event.traceparent.split("-")[1] == TRACE
    assert (event.correlation_id, event.actor) == (conversation, "alice")


async def test_without_a_conversation_its_trace_gives_the_name(api: ApiProcess, store: PostgresEventStore) -> None:
    alice = api.as_("alice", Role.CUSTOMER)
    alice.headers["traceparent"] = f"00-{TRACE}-00f067aa0ba902b7-01"

    placed = await alice.post("/v1/orders", order())

    (event,) = await store.read(f"order-{placed.json()['order_id']}")
    assert event.correlation_id == UUID(TRACE)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health"])
async def test_it_says_that_it_is_well(api: ApiProcess, path: str) -> None:
    assert (await api.http.get(path)).status_code == 200


async def test_it_counts_what_it_answers(api: ApiProcess) -> None:
    await api.as_("alice", Role.CUSTOMER).post("/v1/orders", order())

    metrics = (await api.http.get("/metrics")).text

    assert 'route="/v1/orders"' in metrics
    assert 'status="201"' in metrics


async def test_a_caller_has_one_bucket_whichever_process_is_asked(surroundings: Surroundings) -> None:
    limited = {
        "ORDERS_RATE_LIMIT__ENABLED": "true",
        "ORDERS_RATE_LIMIT__BURST": "4",
        "ORDERS_RATE_LIMIT__PER_SECOND": "0.01",
        "ORDERS_REDIS__KEY_PREFIX": f"{uuid4()}:",
    }
    async with write_api(surroundings, **limited) as one, write_api(surroundings, **limited) as other:
        busy = [process.as_("busy", Role.CUSTOMER) for process in (one, other)]

        answers = await asyncio.gather(*[busy[n % 2].post("/v1/orders", order()) for n in range(10)])

        (refused, *_) = turned_away = [answer for answer in answers if answer.status_code == 429]
        assert len(turned_away) == 6
        assert refused.json()["code"] == "rate_limited"
        assert int(refused.headers["retry-after"]) >= 1
        assert {"ratelimit", "ratelimit-policy"} <= set(refused.headers)
        assert (await other.as_("quiet", Role.CUSTOMER).post("/v1/orders", order())).status_code != 429
