"""What Postgres takes must always be publishable: at the limit of an event, and at the limit that topics must have."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from event_schemas.payment.declined import PaymentDeclined
from eventing.append_rules import MAX_ACTOR, MAX_TRACEPARENT
from eventing.avro.codec import Codec
from eventing.codec import MAX_BODY
from eventing.envelope import Circumstances, NewEvent
from eventing.errors import Refusal
from eventing.event_store import ANY_VERSION, Append, StreamWrite
from eventing.kafka.topics import LARGEST_MESSAGE
from eventing.postgres.store import PostgresEventStore
from tests.integration.relay.conftest import StartRelay
from tests.integration.relay.test_stops import limit_messages
from tests.support.relays.checker import read_store
from tests.support.relays.installation import CATALOGUE, Installation

KEY = str(UUID(int=1))
LONGEST = Circumstances(uuid4(), "🧾" * MAX_ACTOR, traceparent="f" * MAX_TRACEPARENT, causation_id=uuid4())


def test_the_largest_event_is_published_and_one_byte_more_is_refused_by_the_store(
    installation: Installation, start_relay: StartRelay
) -> None:
    limit_messages(installation, LARGEST_MESSAGE)
    start_relay(installation)

    append(installation, MAX_BODY - 1)
    append(installation, MAX_BODY)
    with pytest.raises(Refusal) as refused:
        append(installation, MAX_BODY + 1)
    append(installation, 1000)
    installation.await_published()

    assert refused.value.code == "event_too_large"
    sizes = [len(event.body) for event in read_store(installation.postgres_url)]
    assert sizes == [MAX_BODY - 1, MAX_BODY, 1000]
    assert installation.verdict() == ([], 3, 0)


def append(installation: Installation, body: int) -> None:
    """An event of so many bytes, with everything that travels in headers as long as it may be."""

    async def run() -> None:
        async with PostgresEventStore.open(installation.postgres_url, Codec(CATALOGUE)) as store:
            write = StreamWrite(f"payment-{KEY}", ANY_VERSION, [NewEvent(uuid4(), of_size(body))])
            await store.append(Append([write], LONGEST))

    asyncio.run(run())


def of_size(body: int) -> PaymentDeclined:
    """Encoded without the limit of the store's own codec, so that one byte too many can be made as well."""
    unlimited = Codec(CATALOGUE, max_body=2 * MAX_BODY)
    text = body
    while size := len(unlimited.encode(PaymentDeclined(order_id=KEY, reason="x" * text)).body) - body:
        text -= size
    return PaymentDeclined(order_id=KEY, reason="x" * text)
