from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from eventing.postgres import migrating
from eventing.postgres.store import PostgresEventStore
from eventing.web.auth import Role
from operations.migrations import locations
from tests.support.write_api import CODEC, MUG
from tests.support.write_api_process import ApiProcess, Surroundings, write_api


@pytest.fixture(scope="module")
def surroundings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A database ready for the services, and a key to sign tokens with. In the end the store has to be whole."""
    migrating.upgrade(database_url, locations())
    folder: Path = tmp_path_factory.mktemp("write_api")
    around = Surroundings(database_url, redis_url, folder)
    yield around
    verified = subprocess.run(
        [sys.executable, "-m", "operations", "store", "verify"],
        env=around.environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(surroundings: Surroundings) -> AsyncIterator[ApiProcess]:
    """One process, with a mug in the catalogue."""
    async with write_api(surroundings) as process:
        registered = await process.as_("carol", Role.CATALOGUE).post("/v1/products", MUG)
        assert registered.status_code == 201, registered.text
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store(surroundings: Surroundings) -> AsyncIterator[PostgresEventStore]:
    """The store behind the API, to look into."""
    async with PostgresEventStore.open(surroundings.database_url, CODEC) as opened:
        yield opened


@pytest.fixture(scope="module")
def superuser(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
