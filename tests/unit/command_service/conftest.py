from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from eventing.web.auth import Role
from tests.support.write_api import MUG, Client, MemoryPlatform, settings_for

As = Callable[..., Client]


@pytest.fixture
def platform(tmp_path: Path) -> MemoryPlatform:
    return MemoryPlatform(settings_for(tmp_path))


@pytest_asyncio.fixture
async def as_(platform: MemoryPlatform) -> AsyncIterator[As]:
    """`as_("alice", Role.CUSTOMER)` is a client of the API."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(platform.app), base_url="http://api") as http:
        yield lambda subject, *roles: Client(http, platform.issuer, subject, *roles)


@pytest.fixture
def alice(as_: As) -> Client:
    return as_("alice", Role.CUSTOMER)


@pytest_asyncio.fixture
async def mug(as_: As) -> str:
    """A product that can be ordered."""
    registered = await as_("carol", Role.CATALOGUE).post("/v1/products", MUG)
    assert registered.status_code == 201
    return str(MUG["sku"])
