"""The event store as the command line uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.avro.codec import Codec


def make_codec() -> Codec:
    import event_schemas
    from eventing.catalogue import Catalogue

    return Codec(Catalogue.discover(event_schemas))


def postgres_url() -> str:
    from operations.resolve import resolved_settings

    url = resolved_settings(["postgres"]).postgres.url
    assert url is not None
    return url.get_secret_value()


@asynccontextmanager
async def reading_engine() -> AsyncIterator[AsyncEngine]:
    from eventing.postgres.engine import make_engine

    engine = make_engine(postgres_url(), pool_size=2, application_name="orders")
    try:
        yield engine
    finally:
        await engine.dispose()
