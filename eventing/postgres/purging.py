"""Forgets answers under idempotency keys once they need not be kept any longer."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.postgres.engine import reading
from eventing.postgres.sql import statement

_PURGE: Final = statement("purge_idempotency_keys")
AT_ONCE: Final = 1000
"""Rows a statement: small, so that no append ever waits for it."""


async def purge_idempotency_keys(engine: AsyncEngine) -> int:
    """Says how many were forgotten. Any number of processes may do it at once."""
    forgotten = 0
    async with reading(engine) as connection:
        while True:
            row = await (await connection.execute(_PURGE, (AT_ONCE,))).fetchone()
            purged = int(row[0]) if row else 0
            forgotten += purged
            if purged < AT_ONCE:
                return forgotten
