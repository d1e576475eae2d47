"""Reads everything that the store holds and checks it. Appending may go on: what came after the start is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from eventing.codec import Codec
from eventing.postgres.engine import reading
from eventing.postgres.reading import PostgresReader
from eventing.postgres.sql import statement
from eventing.snapshots import Snapshot, Snapshotted
from eventing.verification import Finding, LogCheck, StreamCheck, check_snapshot

_STREAMS: Final = statement("verify_streams")
_SNAPSHOTS: Final = statement("verify_snapshots")
_PAGE: Final = 5000


class Progress(NamedTuple):
    """After each page: how far it is, and what was found in it."""

    step: str
    done: int
    total: int | None
    findings: Sequence[Finding]


class Verifier:
    def __init__(self, engine: AsyncEngine, codec: Codec, snapshotted: Sequence[Snapshotted[Any]] = ()) -> None:
        self._engine = engine
        self._reader = PostgresReader(engine)
        self._codec = codec
        self._formats: Mapping[str, Snapshotted[Any]] = {one.format.name: one for one in snapshotted}
        self.ignored_snapshots = 0
        """Of formats that nobody uses any more."""

    async def run(self) -> AsyncIterator[Progress]:
        head = await self._reader.head()
        async for progress in self._log(head):
            yield progress
        async for progress in self._streams(head):
            yield progress
        async for progress in self._snapshots():
            yield progress

    async def _log(self, head: int) -> AsyncIterator[Progress]:
        check = LogCheck(self._codec)
        while check.position < head:
            page = await self._reader.read_log(check.position, limit=min(_PAGE, head - check.position))
            if not page:
                break
            yield Progress("log", page[-1].position, head, list(check.feed(page)))
        yield Progress("log", check.position, head, ())

    async def _streams(self, head: int) -> AsyncIterator[Progress]:
        check = StreamCheck()
        done = 0
        while page := await self._page(
            _STREAMS, {"stream": check.stream, "version": check.version, "head": head, "limit": _PAGE}
        ):
            done += len(page)
            yield Progress("streams", done, head, list(check.feed((row[0], row[1], row[2]) for row in page)))
        missing = [Finding("streams", "events", f"The log has {head} and the streams {done}.")] if done != head else []
        yield Progress("streams", done, head, missing)

    async def _snapshots(self) -> AsyncIterator[Progress]:
        last = {"stream": "", "format": ""}
        done = 0
        while page := await self._page(_SNAPSHOTS, {**last, "limit": 100}):
            snapshots = [Snapshot._make(row) for row in page]
            last = {"stream": snapshots[-1].stream, "format": snapshots[-1].format}
            done += len(snapshots)
            findings = [finding for snapshot in snapshots for finding in await self._check(snapshot)]
            yield Progress("snapshots", done, None, findings)
        yield Progress("snapshots", done, done, ())

    async def _check(self, snapshot: Snapshot) -> Sequence[Finding]:
        snapshotted = self._formats.get(snapshot.format)
        if snapshotted is None:
            self.ignored_snapshots += 1
            return ()
        events = await self._reader.read(snapshot.stream, to_version=snapshot.version)
        decoded = [self._codec.decode(event.type, event.schema_version, event.body) for event in events]
        return list(check_snapshot(snapshot, snapshotted.format, snapshotted.decider, decoded))

    async def _page(self, query: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        async with reading(self._engine) as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(query, parameters)
            return await cursor.fetchall()
