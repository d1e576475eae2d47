"""The event store on PostgreSQL: one appender, one pool for reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.appender import Appender
from eventing.codec import Codec
from eventing.event_store import AlreadyDone, Append, Appended
from eventing.postgres.batch import Preparation, Prepared
from eventing.postgres.engine import make_engine
from eventing.postgres.reading import PostgresReader
from eventing.postgres.sender import PostgresSender
from eventing.postgres.snapshots import PostgresSnapshots


class PostgresEventStore(PostgresReader):
    """Belongs to the event loop it is used in. `open` is the way to one that is closed again."""

    def __init__(self, codec: Codec, appender: Appender[Prepared], engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._prepare = Preparation(codec)
        self.appender = appender
        self.snapshots = PostgresSnapshots(engine)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, codec: Codec, *, pool_size: int = 4) -> AsyncIterator[Self]:
        appender = Appender(PostgresSender(url))
        engine = make_engine(url, pool_size=pool_size)
        try:
            yield cls(codec, appender, engine)
        finally:
            await appender.close()
            await engine.dispose()

    async def append(self, append: Append) -> Appended | AlreadyDone:
        return await self.appender.append(self._prepare(append))
