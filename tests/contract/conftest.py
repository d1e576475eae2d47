"""What every store promises is asked of all implementations, by the suites beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from uuid import uuid4

import pytest

from eventing.event_store import EventStore
from eventing.settings import Settings
from projections.ports import DocumentStore
from projections.read_model import ReadModel
from tests.backing import Backing
from tests.contract.document_stores import FAMILY, MAPPING, making
from tests.contract.event_stores import in_memory, on_postgres


@pytest.fixture(scope="module", params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[EventStore]:
    making = in_memory() if request.param == "memory" else on_postgres(request.getfixturevalue("database_url"))
    async with making as made:
        yield made


@pytest.fixture
def stream() -> str:
    return f"note-{uuid4()}"


@pytest.fixture(params=["elasticsearch", "redis"])
def model(request: pytest.FixtureRequest) -> ReadModel:
    """Of documents."""
    return ReadModel(
        name="numbers", generation=1, store=request.param, families=(FAMILY,), mapping=MAPPING, settings={}
    )


@pytest.fixture
def settings(backing: Backing, redis_url: str, names: str) -> Settings:
    return Settings.model_validate(
        {
            "elasticsearch": {"url": backing.elasticsearch_url, "index_prefix": f"{names}-"},
            "redis": {"url": redis_url, "key_prefix": f"{names}:"},
        }
    )


@pytest.fixture
def make(settings: Settings, model: ReadModel) -> Iterator[Callable[[int], DocumentStore]]:
    """An empty build of this number."""
    with making(settings, model) as create:
        yield create
