"""What every event store promises is asked of both implementations, by the suites beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from eventing.event_store import (
    EventStore,
)
from tests.contract.event_stores import in_memory, on_postgres


@pytest.fixture(scope="module", params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[EventStore]:
    making = in_memory() if request.param == "memory" else on_postgres(request.getfixturevalue("database_url"))
    async with making as made:
        yield made


@pytest.fixture
def stream() -> str:
    return f"note-{uuid4()}"
