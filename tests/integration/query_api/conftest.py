"""A platform for the tests of one module: a relay, a projector and a query API, over a log of their own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import pytest_asyncio
import redis
import urllib3

from eventing.postgres.store import PostgresEventStore
from tests.backing import Backing
from tests.integration.relay.conftest import prepared
from tests.support.queries.platform import QueryPlatform, QueryProcess, Writer, query_api
from tests.support.read_models.process import ProjectorProcess
from tests.support.relays.installation import Installation, fresh_database, template_database
from tests.support.relays.process import RelayProcess
from tests.support.write_api import CODEC


@pytest.fixture(scope="module")
def platform(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryPlatform]:
    prefix = f"q{secrets.token_hex(5)}"
    with template_database(backing.postgres_url) as name, fresh_database(backing.postgres_url, name) as url:
        installation = prepared(Installation(url, backing.kafka_bootstrap, prefix))
        made = QueryPlatform(
            installation, backing.redis_url, backing.elasticsearch_url, tmp_path_factory.mktemp("queries")
        )
        yield made
    with redis.Redis.from_url(backing.redis_url) as client:
        for key in client.scan_iter(f"{prefix}:*", count=1000):
            client.delete(key)
    with suppress(urllib3.exceptions.HTTPError):
        found = urllib3.request("GET", f"{backing.elasticsearch_url}/{prefix}-*/_alias")
        for index in found.json():
            urllib3.request("DELETE", f"{backing.elasticsearch_url}/{index}")


@pytest.fixture(scope="module")
def relay(platform: QueryPlatform) -> Iterator[RelayProcess]:
    with RelayProcess(platform.installation.settings()) as process:
        yield process


@pytest.fixture(scope="module")
def projector(platform: QueryPlatform, relay: RelayProcess) -> Iterator[ProjectorProcess]:
    with ProjectorProcess(platform.environment()) as process:
        yield process
        process.thaw()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(platform: QueryPlatform, projector: ProjectorProcess) -> AsyncIterator[QueryProcess]:
    async with query_api(platform) as process:
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def writer(platform: QueryPlatform) -> AsyncIterator[Writer]:
    async with PostgresEventStore.open(platform.installation.postgres_url, CODEC) as store:
        yield Writer(store)
