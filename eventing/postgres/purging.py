"""Forgets answers under idempotency keys once they need not be kept any longer."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.postgres.engine import reading
from eventing.postgres.sql import statement

_PURGE: Final = statement("purge_idempotency_keys")
AT_ONCE: Final = 1000
"""Rows a statement: small, so that no append ever waits for it."""


async def purge_some(engine: AsyncEngine) -> bool:
    """Whether there may be more. Any number of processes may do it at once: none waits for another's rows."""
    return await _purged(engine) == AT_ONCE


async def purge_idempotency_keys(engine: AsyncEngine) -> int:
    """All that are too old; says how many were forgotten."""
    forgotten = purged = await _purged(engine)
    while purged == AT_ONCE:
        purged = await _purged(engine)
        forgotten += purged
    return forgotten


async def _purged(engine: AsyncEngine) -> int:
    async with reading(engine) as connection:
        row = await (await connection.execute(_PURGE, (AT_ONCE,))).fetchone()
        return int(row[0]) if row else 0
