"""The pool of connections for reading. SQLAlchemy keeps it; hot statements go through it to psycopg as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from eventing.errors import Unavailable
from eventing.postgres.connecting import NOT_UPGRADED, PATIENCE, connect, explained

CHECKOUT_TIMEOUT = 5.0
SERVING_PATIENCE = 10.0
"""Of those who answer people: who waits in vain for a lost answer takes a place in the pool from the others."""


def make_engine(
    url: str, *, pool_size: int = 4, application_name: str = "orderloom read", patience: float = PATIENCE
) -> AsyncEngine:
    """`patience`: seconds for a statement."""

    async def connected() -> psycopg.AsyncConnection:
        return await connect(url, application_name=application_name, patience=patience)

    return create_async_engine(
        "postgresql+psycopg://",
        async_creator=connected,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CHECKOUT_TIMEOUT,
    )


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection out of the pool; a broken one leaves it. Raises `Unavailable`."""
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = cast("psycopg.AsyncConnection[Any]", raw.driver_connection)
            try:
                yield driver
            except NOT_UPGRADED as error:
                raise explained(error) from error
            except psycopg.OperationalError as error:
                await connection.invalidate()
                raise explained(error) from error
    except PoolExhausted as error:
        raise Unavailable("All connections for reading are busy: try again shortly.") from error
