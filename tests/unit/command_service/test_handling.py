"""The way of a command: what is tried again, what is kept under a key, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from command_service.handling import ATTEMPTS, Asked, Handler, Proposal, Propose
from command_service.idempotency import IdempotencyKey
from command_service.replies import Reply, Written
from event_schemas.order.confirmed import OrderConfirmed
from eventing.consistency import ConsistencyToken
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Conflict, Refusal, Unavailable
from eventing.event_store import AlreadyDone, Append, Appended, StreamWrite
from eventing.memory import MemoryEventStore
from eventing.web.auth import Caller
from tests.support.write_api import CODEC, PARTITIONS

DONE = Reply(200, {"etag": '"1"'}, b"done", Written("order.events.v1", "o-1"))


class Store(MemoryEventStore):
    """Memory, with what may happen to an append."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.before: Callable[[], None] = lambda: None
        self.appends = 0

    async def append(self, append: Append) -> Appended | AlreadyDone:
        self.appends += 1
        self.before()
        return await super().append(append)


def asked(key: str | None = None, fingerprint: bytes = b"f") -> Asked:
    return Asked(
        Caller("alice", frozenset()),
        Circumstances(uuid4(), "alice"),
        lambda refusal: Reply(409, {}, refusal.code.encode()),
        idempotency=IdempotencyKey("alice confirm", key, fingerprint) if key else None,
    )


def confirm(store: Store) -> Propose:
    """Says yes to order o-1, at whatever version it is."""

    async def propose(_again: bool) -> Proposal:
        version = len(await store.read("order-o-1"))
        event = NewEvent(uuid4(), OrderConfirmed(order_id="o-1"))
        return Proposal(DONE, writes=[StreamWrite("order-o-1", version, [event])])

    return propose


async def refuse(_again: bool) -> Proposal:
    raise Refusal("No.", code="no")


@pytest.fixture
def store() -> Store:
    return Store()


async def test_a_reply_tells_where_to_find_the_write(store: Store) -> None:
    reply = await Handler(store, PARTITIONS).handle(asked(), confirm(store))

    token = ConsistencyToken.decode(reply.headers["consistency-token"])
    assert (token.topic, token.position) == ("order.events.v1", 1)


async def test_a_repeat_under_a_key_is_told_the_same_and_does_nothing(store: Store) -> None:
    handler = Handler(store, PARTITIONS)
    first = await handler.handle(asked("k"), confirm(store))

    again = await handler.handle(asked("k"), confirm(store))

    assert again == first._replace(headers={**first.headers, "idempotency-replayed": "true"})
    assert await store.head() == 1


async def test_a_refusal_is_kept_under_its_key_even_when_the_reason_is_gone(store: Store) -> None:
    handler = Handler(store, PARTITIONS)
    await handler.handle(asked("k"), refuse)

    again = await handler.handle(asked("k"), confirm(store))

    assert (again.status, again.body) == (409, b"no")
    assert await store.head() == 0


async def test_without_a_key_a_refusal_is_just_raised(store: Store) -> None:
    with pytest.raises(Refusal, match="No"):
        await Handler(store, PARTITIONS).handle(asked(), refuse)

    assert store.appends == 0


async def test_a_key_of_another_request_is_refused_and_its_answer_stays(store: Store) -> None:
    handler = Handler(store, PARTITIONS)
    first = await handler.handle(asked("k"), confirm(store))

    other = await handler.handle(asked("k", b"another"), confirm(store))

    assert other.body == b"idempotency_key_reused"
    assert (await handler.handle(asked("k"), confirm(store))).body == first.body


async def test_what_was_not_definite_is_not_kept(store: Store) -> None:
    def away() -> None:
        raise Unavailable("Postgres is away.")

    handler = Handler(store, PARTITIONS)
    store.before = away
    with pytest.raises(Unavailable):
        await handler.handle(asked("k"), confirm(store))
    store.before = lambda: None

    assert (await handler.handle(asked("k"), confirm(store))).status == 200


async def test_a_conflict_is_decided_anew(store: Store) -> None:
    left = 3

    def moving() -> None:
        nonlocal left
        left -= 1
        if left > 0:
            raise Conflict("order-o-1", 0, 1)

    store.before = moving
    seen: list[bool] = []

    async def propose(again: bool) -> Proposal:
        seen.append(again)
        return await confirm(store)(again)

    assert (await Handler(store, PARTITIONS).handle(asked("k"), propose)).status == 200
    assert seen == [False, True, True]


async def test_ground_that_keeps_moving_is_given_up_and_the_key_is_free(store: Store) -> None:
    def moving() -> None:
        raise Conflict("order-o-1", 0, 1)

    handler = Handler(store, PARTITIONS)
    store.before = moving
    with pytest.raises(Conflict):
        await handler.handle(asked("k"), confirm(store))
    assert store.appends == ATTEMPTS
    store.before = lambda: None

    assert (await handler.handle(asked("k"), confirm(store))).status == 200


async def test_what_the_store_refuses_is_kept_too(store: Store) -> None:
    def below_reserved() -> None:
        store.before = lambda: None
        raise Refusal("No.", code="below_reserved")

    store.before = below_reserved
    handler = Handler(store, PARTITIONS)
    assert (await handler.handle(asked("k"), confirm(store))).body == b"below_reserved"

    assert (await handler.handle(asked("k"), confirm(store))).body == b"below_reserved"


async def test_duplicates_at_once_have_one_effect_and_one_answer(store: Store) -> None:
    handler = Handler(store, PARTITIONS)

    replies = await asyncio.gather(*[handler.handle(asked("k"), confirm(store)) for _ in range(20)])

    assert {reply.body for reply in replies} == {b"done"}
    assert await store.head() == 1


async def test_where_there_is_nothing_to_do_nothing_is_stored_but_the_answer(store: Store) -> None:
    async def nothing(_again: bool) -> Proposal:
        return Proposal(DONE, position=7)

    handler = Handler(store, PARTITIONS)

    plain = await handler.handle(asked(), nothing)

    assert ConsistencyToken.decode(plain.headers["consistency-token"]).position == 7
    assert store.appends == 0
    assert (await handler.handle(asked("k"), nothing)).status == 200
    assert (await handler.handle(asked("k"), confirm(store))).headers["idempotency-replayed"] == "true"
    assert await store.head() == 0
