"""The write API as real processes on real servers, which a test may kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from eventing.settings import Settings
from eventing.web.auth import Role
from eventing.web.setup import local_issuer
from tests.support.api_process import START_SECONDS, api_process
from tests.support.bare_environment import bare_environment
from tests.support.write_api import Client, settings_for


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all processes of one test share."""

    database_url: str
    redis_url: str
    folder: Path

    @property
    def settings(self) -> Settings:
        return settings_for(self.folder)

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        return {
            **bare_environment(),
            "ORDERS_ENVIRONMENT": "test",
            "ORDERS_POSTGRES__URL": self.database_url,
            "ORDERS_REDIS__URL": self.redis_url,
            "ORDERS_AUTH__KEY_FILE": str(self.folder / "issuer.json"),
            "ORDERS_COMMAND_API__PORT": "0",
            "ORDERS_RATE_LIMIT__ENABLED": "false",
            **given,
        }


class ApiProcess:
    def __init__(self, process: asyncio.subprocess.Process, address: str, surroundings: Surroundings) -> None:
        self.process = process
        self.address = address
        self._issuer = local_issuer(surroundings.settings)
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self.http = httpx.AsyncClient(base_url=address, limits=limits, timeout=START_SECONDS)

    def as_(self, subject: str | None, *roles: Role) -> Client:
        return Client(self.http, self._issuer, subject, *roles)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), START_SECONDS)


@asynccontextmanager
async def write_api(surroundings: Surroundings, **given: str) -> AsyncIterator[ApiProcess]:
    """A process of its own; `given` are further settings from the environment."""
    environment = surroundings.environment(given)
    async with api_process("command_service", environment=environment, complaints=asyncio.subprocess.DEVNULL) as made:
        api = ApiProcess(*made, surroundings)
        async with api.http:
            yield api
