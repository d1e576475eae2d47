"""One effect and one answer a key: at once, over several processes, and over the death of one."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import pytest

from command_service.application import ground_on
from command_service.catalogue import Listed
from command_service.commands.orders import Orders, Wanted
from command_service.handling import Asked
from command_service.idempotency import IdempotencyKey
from command_service.memory_tables import MemoryTables
from command_service.pricing import Offer, WantedLine
from command_service.replies import Reply
from event_schemas.values import Address
from eventing.crash_points import EXIT_STATUS
from eventing.envelope import Circumstances
from eventing.event_store import AlreadyDone, Append, Appended
from eventing.postgres.store import PostgresEventStore
from eventing.web.auth import Caller, Role
from tests.support.write_api import ADDRESS, CODEC, PARTITIONS, memory_ports, order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api


async def orders_of(store: PostgresEventStore, customer: str) -> int:
    events = await store.read_log(0, limit=10_000)
    return sum(event.type == "order.placed" and event.actor == customer for event in events)


async def test_fifty_posts_of_one_key_through_two_processes_have_one_effect(
    api: ApiProcess, surroundings: Surroundings, store: PostgresEventStore
) -> None:
    async with write_api(surroundings) as other:
        clients = [process.as_("fifty", Role.CUSTOMER) for process in (api, other)]

        answers = await asyncio.gather(*[clients[n % 2].post("/v1/orders", order(), key="k") for n in range(50)])

    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.content, answer.headers["consistency-token"]) for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await orders_of(store, "fifty") == 1


async def test_a_refusal_is_one_answer_too_through_two_processes(api: ApiProcess, surroundings: Surroundings) -> None:
    async with write_api(surroundings) as other:
        clients = [process.as_("refused", Role.CUSTOMER) for process in (api, other)]

        answers = await asyncio.gather(
            *[clients[n % 2].post("/v1/orders", order(("GHOST", 1)), key="k") for n in range(20)]
        )

    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1  # the trace id of the first one, too


async def test_killed_between_commit_and_reply_the_retry_gets_the_answer_of_the_one_order(
    api: ApiProcess, surroundings: Surroundings, store: PostgresEventStore
) -> None:
    async with write_api(surroundings, ORDERS_CRASH_POINT="commands.committed:1") as dying:
        with pytest.raises(httpx.TransportError):
            await dying.as_("phoenix", Role.CUSTOMER).post("/v1/orders", order(), key="k")
        assert await dying.ended() == EXIT_STATUS
    assert await orders_of(store, "phoenix") == 1

    retried = await api.as_("phoenix", Role.CUSTOMER).post("/v1/orders", order(), key="k")

    assert retried.status_code == 201
    assert retried.headers["idempotency-replayed"] == "true"
    (event,) = await store.read(f"order-{retried.json()['order_id']}")
    assert event.type == "order.placed"
    assert await orders_of(store, "phoenix") == 1


async def test_killed_before_the_commit_nothing_is_left_that_could_block_the_key(
    api: ApiProcess, surroundings: Surroundings, store: PostgresEventStore
) -> None:
    async with write_api(surroundings, ORDERS_CRASH_POINT="commands.before_append:1") as dying:
        with pytest.raises(httpx.TransportError):
            await dying.as_("early", Role.CUSTOMER).post("/v1/orders", order(), key="k")
        assert await dying.ended() == EXIT_STATUS
    assert await orders_of(store, "early") == 0

    retried = await api.as_("early", Role.CUSTOMER).post("/v1/orders", order(), key="k")

    assert retried.status_code == 201
    assert "idempotency-replayed" not in retried.headers


@pytest.mark.parametrize(
    "body",
    [
        order(("MUG-1", 3)),
        order(customer_name="Eve"),
        order(sales_channel="phone"),
        order(delivery_address={**ADDRESS, "city": "Paris"}),
    ],
)
async def test_another_body_under_the_key_is_refused(api: ApiProcess, body: dict[str, object]) -> None:
    customer = api.as_(f"mutant-{uuid4()}", Role.CUSTOMER)
    assert (await customer.post("/v1/orders", order(), key="k")).status_code == 201

    answer = await customer.post("/v1/orders", body, key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


class Outside:
    """The mutant: looks for the key first and keeps the answer afterwards, in transactions of their own."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def append(self, append: Append) -> Appended | AlreadyDone:
        key = append.idempotency
        assert key is not None
        if done := await self._store.recall(key.scope, key.key):
            return done
        appended = await self._store.append(Append(append.writes, append.circumstances))
        await self._store.append(Append((), append.circumstances, key))
        return appended


@pytest.mark.parametrize("mechanism", ["in the transaction of the events", "outside of it"])
async def test_the_key_has_to_be_kept_in_the_transaction_of_the_events(
    api: ApiProcess, surroundings: Surroundings, store: PostgresEventStore, mechanism: str
) -> None:
    outside = mechanism == "outside of it"
    customer = f"transaction-{outside}"
    tables = MemoryTables()
    tables.catalogue["MUG-1"] = Listed(1, Offer("Mug", 1250, "EUR"))
    wanted = Wanted("Ada", "a@b", [WantedLine("MUG-1", 1)], Address(**ADDRESS), "web")

    async def process() -> None:
        async with PostgresEventStore.open(surroundings.database_url, CODEC) as opened:
            using = Outside(opened) if outside else opened
            orders = Orders(ground_on(memory_ports(using, tables), PARTITIONS))  # type: ignore[arg-type]
            asked = Asked(
                Caller(customer, frozenset({Role.CUSTOMER})),
                Circumstances(uuid4(), customer),
                lambda refusal: Reply(409, {}, refusal.code.encode()),
                idempotency=IdempotencyKey(customer, "k", b"f"),
            )
            await opened.head()  # both are connected before they begin
            await orders.place(asked, wanted)

    await asyncio.gather(*[process() for _ in range(8)])

    placed = await orders_of(store, customer)
    assert (placed > 1) if outside else (placed == 1)
