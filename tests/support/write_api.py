"""The write API as its clients see it, over whatever stands behind it: memory in unit tests, real servers otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from uuid_utils.compat import uuid7

import event_schemas
from command_service import aggregates
from command_service.api.problems import PROBLEMS
from command_service.application import Ports, application
from command_service.memory_tables import MemoryTables
from eventing.avro.codec import Codec
from eventing.avro.states import snapshotted
from eventing.catalogue import Catalogue
from eventing.discovery import values_of
from eventing.event_store import EventStore
from eventing.memory import MemoryEventStore
from eventing.settings import AuthSettings, RateLimitSettings, Settings
from eventing.snapshots import LongStreams, MemorySnapshots
from eventing.web.application import Application
from eventing.web.auth import Role
from eventing.web.local_issuer import LocalIssuer
from eventing.web.setup import local_issuer, make_edge

CODEC: Final = Codec(Catalogue.discover(event_schemas))
PARTITIONS: Final = 6
ADDRESS: Final = {
    "recipient": "Ada Byron",
    "street": "1 Analytical Way",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
OFFICE: Final = {**ADDRESS, "street": "2 Engine Court"}
MUG: Final = {"sku": "MUG-1", "name": "Mug", "description": "Holds tea.", "unit_price": 1250, "currency": "EUR"}


def order(*lines: tuple[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "customer_name": "Ada Byron",
        "customer_email": "ada@example.org",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines or [("MUG-1", 2)]],
        "delivery_address": ADDRESS,
        **changed,
    }


def settings_for(folder: Path, **given: Any) -> Settings:
    """Callers are not limited: these tests ask far more often than people do."""
    defaults: dict[str, Any] = {
        "environment": "test",
        "auth": AuthSettings(key_file=folder / "issuer.json"),
        "rate_limit": RateLimitSettings(enabled=False),
    }
    return Settings(**{**defaults, **given})


def memory_ports(store: EventStore, tables: MemoryTables) -> Ports:
    """Tables and snapshots in memory, whatever the store is."""
    return Ports(
        store,
        CODEC,
        tables.read_catalogue,
        tables.read_available,
        tables.read_booked,
        MemorySnapshots(),
        [snapshotted(declared) for declared in values_of(aggregates, LongStreams)],
        uuid7,
    )


class MemoryPlatform:
    """All of the write API but its servers."""

    def __init__(self, settings: Settings) -> None:
        self.tables = MemoryTables()
        self.store = MemoryEventStore(CODEC, inline=self.tables.inline)
        self.issuer = local_issuer(settings)
        edge = make_edge(settings, settings.command_api, "commands", problems=PROBLEMS)
        self.app: Application = application(self.ports(), edge, PARTITIONS)

    def ports(self) -> Ports:
        return memory_ports(self.store, self.tables)

    async def events(self) -> list[Any]:
        return [CODEC.decode(e.type, e.schema_version, e.body) for e in await self.store.read_log(0)]


class Client:
    """Somebody with a token, who gives each command a key of its own unless told otherwise."""

    def __init__(self, http: httpx.AsyncClient, issuer: LocalIssuer, subject: str | None, *roles: Role) -> None:
        self._http = http
        self.headers = {}
        if subject is not None:
            self.headers["authorization"] = f"Bearer {issuer.issue(subject, roles)}"

    async def send(
        self, method: str, path: str, body: Any, *, key: str | None = "new", if_match: str | None = None
    ) -> httpx.Response:
        headers = dict(self.headers)
        if key is not None:
            headers["idempotency-key"] = str(uuid4()) if key == "new" else key
        if if_match is not None:
            headers["if-match"] = if_match
        if isinstance(body, bytes):
            headers["content-type"] = "application/json"
            return await self._http.request(method, path, content=body, headers=headers)
        return await self._http.request(method, path, json=body, headers=headers)

    async def post(self, path: str, body: Any, **how: Any) -> httpx.Response:
        return await self.send("POST", path, body, **how)

    async def put(self, path: str, body: Any, **how: Any) -> httpx.Response:
        return await self.send("PUT", path, body, **how)


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def placed(client: Client, **changed: Any) -> str:
    response = await client.post("/v1/orders", order(**changed))
    assert response.status_code == 201, response.text
    return str(response.json()["order_id"])
