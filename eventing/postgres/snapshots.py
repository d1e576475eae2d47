"""Snapshots in a table beside the events. They are no part of an append: losing one costs time, never truth."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.postgres.engine import reading
from eventing.postgres.sql import statement
from eventing.snapshots import Snapshot

_NEWEST: Final = statement("newest_snapshot")
_KEEP: Final = statement("keep_snapshot")


class PostgresSnapshots:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self, stream: str, format_name: str) -> Snapshot | None:
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(_NEWEST, (stream, format_name))
            row = await cursor.fetchone()
            return Snapshot._make(row) if row else None

    async def keep(self, snapshot: Snapshot) -> None:
        async with reading(self._engine) as connection:
            await connection.execute(_KEEP, (snapshot.stream, snapshot.format, snapshot.version, snapshot.state))
