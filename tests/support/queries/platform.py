"""Everything behind a query API of one test's own: a log, a relay, a projector, and the API as a process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.charged import PaymentCharged
from event_schemas.values import Address, OrderLine, SkuQuantity
from eventing.consistency import ConsistencyToken
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import ANY_VERSION, Append, Appended, EventStore, StreamWrite
from eventing.partitioning import partition_of
from eventing.settings import AuthSettings, Settings
from eventing.web.auth import Role
from eventing.web.local_issuer import LocalIssuer
from eventing.web.setup import local_issuer
from tests.support.api_process import api_process
from tests.support.bare_environment import bare_environment
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation

WAIT_SECONDS = 45
"""For what a token speaks of, unless a test says that it will not wait: a slow machine is no reason to be stale."""
TOPIC = "order.events.v1"
ADDRESS = Address(recipient="Ada Byron", street="1 Analytical Way", postal_code="10115", city="Berlin", country="DE")


def placed(
    order_id: str,
    customer: str,
    *,
    sku: str = "MUG-1",
    name: str = "Stoneware mug",
    total: int = 2500,
    lines: tuple[OrderLine, ...] = (),
) -> Any:
    return OrderPlaced(
        order_id=order_id,
        customer_id=customer,
        customer_name=f"{customer.title()} Byron",
        customer_email=f"{customer}@example.org",
        currency="EUR",
        lines=lines or (OrderLine(sku=sku, name=name, quantity=2, unit_price=total // 2),),
        total=total,
        delivery_address=ADDRESS,
    )


class Writer:
    """Appends as the services do, and gives the token that a command would have answered."""

    def __init__(self, store: EventStore, partitions: int = PARTITIONS) -> None:
        self.store = store
        self._partitions = partitions

    async def place(self, customer: str, order_id: str | None = None, **what: Any) -> tuple[str, str]:
        order_id = order_id or str(uuid4())
        return order_id, await self.append(f"order-{order_id}", placed(order_id, customer, **what), actor=customer)

    async def cancel(self, order_id: str, customer: str) -> str:
        return await self.append(
            f"order-{order_id}", OrderCancellationRequested(order_id=order_id, reason="Ordered twice."), actor=customer
        )

    async def confirm(self, order_id: str) -> str:
        lines = (SkuQuantity(sku="MUG-1", quantity=2),)
        await self.append(f"reservation-{order_id}", InventoryReserved(order_id=order_id, lines=lines))
        await self.append(
            f"payment-{order_id}",
            PaymentCharged(order_id=order_id, amount=2500, currency="EUR", provider_reference="p-1"),
        )
        return await self.append(f"order-{order_id}", OrderConfirmed(order_id=order_id))

    async def append(self, stream: str, *events: Any, actor: str = "saga") -> str:
        new = [NewEvent(uuid4(), event) for event in events]
        done = await self.store.append(Append([StreamWrite(stream, ANY_VERSION, new)], Circumstances(uuid4(), actor)))
        assert isinstance(done, Appended)
        key = stream.partition("-")[2]
        return ConsistencyToken(TOPIC, partition_of(key, self._partitions), done.position).encode()


@dataclass(frozen=True)
class QueryPlatform:
    installation: Installation
    redis_url: str
    elasticsearch_url: str
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        prefix = self.installation.prefix
        return {
            **self.installation.settings(),
            "ORDERS_ELASTICSEARCH__URL": self.elasticsearch_url,
            "ORDERS_ELASTICSEARCH__INDEX_PREFIX": f"{prefix}-",
            "ORDERS_REDIS__URL": self.redis_url,
            "ORDERS_REDIS__KEY_PREFIX": f"{prefix}:",
            "ORDERS_PROJECTOR__HEALTH_PORT": "0",
            "ORDERS_PROJECTOR__REFRESH_MS": "50",
            "ORDERS_QUERY_API__PORT": "0",
            "ORDERS_QUERY_API__WAIT_SECONDS": str(WAIT_SECONDS),
            "ORDERS_QUERY_API__LONGEST_WAIT_SECONDS": str(WAIT_SECONDS),
            "ORDERS_RATE_LIMIT__ENABLED": "false",
            "ORDERS_AUTH__KEY_FILE": str(self.folder / "issuer.json"),
            "ORDERS_STACK_DIR": str(self.folder),
            **{f"ORDERS_{name}": value for name, value in more.items()},
        }

    @cached_property
    def settings(self) -> Settings:
        return Settings(environment="test", auth=AuthSettings(key_file=self.folder / "issuer.json"))

    @cached_property
    def issuer(self) -> LocalIssuer:
        return local_issuer(self.settings)

    def token(self, subject: str, *roles: Role, seconds: int = 900) -> str:
        return self.issuer.issue(subject, roles or [Role.CUSTOMER], minutes=seconds / 60)


class Reader:
    """Somebody who asks, and who sends back what it has seen if it wants to."""

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self.http = http
        self.headers = {} if token is None else {"authorization": f"Bearer {token}"}

    async def get(
        self, path: str, *, seen: str | None = None, prefer: str | None = None, **query: Any
    ) -> httpx.Response:
        headers = dict(self.headers)
        if seen is not None:
            headers["consistency-token"] = seen
        if prefer is not None:
            headers["prefer"] = prefer
        return await self.http.get(path, headers=headers, params=query)


class QueryProcess:
    def __init__(self, process: asyncio.subprocess.Process, address: str, platform: QueryPlatform) -> None:
        self.process = process
        self.address = address
        self.platform = platform
        limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
        self.http = httpx.AsyncClient(base_url=address, limits=limits, timeout=2 * WAIT_SECONDS)

    def as_(self, subject: str | None, *roles: Role) -> Reader:
        return Reader(self.http, None if subject is None else self.platform.token(subject, *roles))


@asynccontextmanager
async def query_api(platform: QueryPlatform, *, mutant: str = "none", **settings: str) -> AsyncIterator[QueryProcess]:
    name = f"queries-{random.randrange(10**9)}.log"
    environment = bare_environment(platform.environment(**settings))
    with (platform.folder / name).open("w+b") as log:
        async with api_process("tests.support.queries.main", mutant, environment=environment, complaints=log) as made:
            api = QueryProcess(*made, platform)
            async with api.http:
                yield api
        log.seek(0)
        faults = [line for line in log if b'.fault"' in line]
    assert not faults, faults[0].decode()


def ids(found: Sequence[dict[str, Any]]) -> list[str]:
    return [one["order_id"] for one in found]
