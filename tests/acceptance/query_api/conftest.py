"""The same processes as in the integration tests of the query API, but that its waits are the usual ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.query_api.conftest import platform, projector, relay, writer
from tests.support.queries.platform import QueryPlatform, QueryProcess, query_api
from tests.support.read_models.process import ProjectorProcess

__all__ = ["platform", "projector", "relay", "writer"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(platform: QueryPlatform, projector: ProjectorProcess) -> AsyncIterator[QueryProcess]:
    async with query_api(platform, QUERY_API__WAIT_SECONDS="2", QUERY_API__LONGEST_WAIT_SECONDS="10") as process:
        yield process
