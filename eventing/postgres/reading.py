"""Reading the log and its streams. Rows arrive in binary and become records without a step between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.envelope import Recorded
from eventing.errors import Unavailable
from eventing.event_store import AlreadyDone
from eventing.postgres.engine import reading
from eventing.postgres.sql import statement

_FORWARDS: Final = statement("read_stream")
_BACKWARDS: Final = statement("read_stream_backwards")
_STREAMS: Final = statement("read_streams")
_LOG: Final = statement("read_log")
_BY_ID: Final = statement("read_event")
_CORRELATED: Final = statement("read_correlated")
_HEAD: Final = statement("read_head")
_RECALL: Final = statement("recall")
Query = Mapping[str, Any] | Sequence[Any]

_ALL: Final = 2**31 - 1

SHORTEST_PAUSE: Final = 0.001
LONGEST_PAUSE: Final = 0.05


class PostgresReader:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(
        self,
        stream: str,
        *,
        from_version: int = 1,
        to_version: int | None = None,
        to_time: datetime | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Sequence[Recorded]:
        bounds = {
            "stream": stream,
            "from_version": from_version,
            "to_version": _ALL if to_version is None else to_version,
            "to_time": to_time,
            "limit": limit,
        }
        return await self._events(_BACKWARDS if backwards else _FORWARDS, bounds)

    async def read_many(self, streams: Sequence[str], *, newest: int | None = None) -> Mapping[str, Sequence[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        for event in await self._events(_STREAMS, (list(found), newest)):
            found[event.stream].append(event)
        return found

    async def read_event(self, event_id: UUID) -> Recorded | None:
        rows = await self._events(_BY_ID, (event_id,))
        return rows[0] if rows else None

    async def read_correlated(self, correlation_id: UUID, *, limit: int = 1000) -> Sequence[Recorded]:
        return await self._events(_CORRELATED, (correlation_id, limit))

    async def read_log(self, after: int, *, limit: int = 1000) -> Sequence[Recorded]:
        return await self._events(_LOG, (after, limit))

    async def follow(self, after: int, *, limit: int = 1000) -> AsyncIterator[Sequence[Recorded]]:
        """Asks at once while there is more, and ever less often at the end; an outage is sat out."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                batch = await self.read_log(after, limit=limit)
            except Unavailable as error:
                await asyncio.sleep(error.retry_after)
                continue
            if batch:
                after = batch[-1].position
                pause = SHORTEST_PAUSE
                yield batch
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def head(self) -> int:
        return int((await self._rows(_HEAD, ()))[0][0])

    async def recall(self, scope: str, key: str) -> AlreadyDone | None:
        rows = await self._rows(_RECALL, (scope, key))
        return AlreadyDone(*rows[0]) if rows else None

    async def _events(self, query: str, parameters: Query) -> list[Recorded]:
        return list(map(Recorded._make, await self._rows(query, parameters)))

    async def _rows(self, query: str, parameters: Query) -> list[tuple[Any, ...]]:
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(query, parameters, prepare=True)
            return await cursor.fetchall()
