"""An event store in memory: for unit tests of everything above the store, and for trying things out.

It keeps the contract of `eventing.event_store` and passes the suite that the Postgres store passes. One append is one
step between two awaits, so that nothing can come between its checks and its writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from eventing.append_rules import check
from eventing.codec import MAX_BODY, Codec
from eventing.envelope import Recorded
from eventing.errors import Conflict, Refusal
from eventing.event_store import AlreadyDone, Append, Appended, Idempotency
from eventing.expectations import holds

KEPT: Final = timedelta(hours=24)

Inline = Callable[[Mapping[str, Any]], None]


class MemoryEventStore:
    def __init__(
        self,
        codec: Codec,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        inline: Mapping[str, Inline] | None = None,
    ) -> None:
        self._codec = codec
        self._clock = clock
        self._inline = inline or {}
        self._log: list[Recorded] = []
        self._streams: dict[str, list[Recorded]] = {}
        self._by_id: dict[UUID, Recorded] = {}
        self._answers: dict[tuple[str, str], tuple[datetime, AlreadyDone]] = {}
        self._grown = asyncio.Event()

    async def append(self, append: Append) -> Appended | AlreadyDone:
        check(append)
        now = max(self._clock(), self._log[-1].recorded_at) if self._log else self._clock()
        if append.idempotency and (done := self._answered(append.idempotency.scope, append.idempotency.key, now)):
            return done
        self._check_heads(append)
        new = self._recorded(append, now)
        for write in append.inline:
            self._inline_function(write.function)(write.payload)
        self._keep(new)
        if append.idempotency:
            self._remember(append.idempotency, now)
        versions = {write.stream: len(self._streams.get(write.stream, ())) for write in append.writes}
        return Appended(len(self._log), versions, now)

    async def recall(self, scope: str, key: str) -> AlreadyDone | None:
        return self._answered(scope, key, self._clock())

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
        found = [
            event
            for event in self._streams.get(stream, ())
            if event.version >= from_version
            and (to_version is None or event.version <= to_version)
            and (to_time is None or event.recorded_at <= to_time)
        ]
        return (found[::-1] if backwards else found)[:limit]

    async def read_many(self, streams: Sequence[str], *, newest: int | None = None) -> Mapping[str, Sequence[Recorded]]:
        return {stream: self._streams.get(stream, [])[-(newest or 0) :] for stream in streams}

    async def read_event(self, event_id: UUID) -> Recorded | None:
        return self._by_id.get(event_id)

    async def read_correlated(self, correlation_id: UUID, *, limit: int = 1000) -> Sequence[Recorded]:
        return [event for event in self._log if event.correlation_id == correlation_id][:limit]

    async def read_log(self, after: int, *, limit: int = 1000) -> Sequence[Recorded]:
        return self._log[max(after, 0) : max(after, 0) + limit]

    async def follow(self, after: int, *, limit: int = 1000) -> AsyncIterator[Sequence[Recorded]]:
        while True:
            if batch := await self.read_log(after, limit=limit):
                after = batch[-1].position
                yield batch
            else:
                self._grown.clear()
                await self._grown.wait()

    async def head(self) -> int:
        return len(self._log)

    def _answered(self, scope: str, key: str, now: datetime) -> AlreadyDone | None:
        expires_at, done = self._answers.get((scope, key), (now, None))
        return done if expires_at > now else None

    def _check_heads(self, append: Append) -> None:
        for stream, expected, _ in append.writes:
            actual = len(self._streams.get(stream, ()))
            if not holds(expected, actual):
                raise Conflict(stream, expected, actual)

    def _recorded(self, append: Append, now: datetime) -> list[Recorded]:
        """What would be stored; nothing is stored yet."""
        correlation_id, actor, causation_id, traceparent = append.circumstances
        new: list[Recorded] = []
        for stream, _, events in append.writes:
            head = len(self._streams.get(stream, ()))
            for version, (event_id, event) in enumerate(events, head + 1):
                kind, schema_version, body = self._codec.encode(event)
                if len(body) > MAX_BODY:
                    raise Refusal(f"{kind} takes more than {MAX_BODY} bytes: say it in less.", code="event_too_large")
                position = len(self._log) + len(new) + 1
                new.append(
                    Recorded(
                        position,
                        stream,
                        version,
                        event_id,
                        kind,
                        schema_version,
                        correlation_id,
                        causation_id,
                        actor,
                        traceparent,
                        now,
                        body,
                    )
                )
        ids = {event.event_id for event in new}
        if len(ids) < len(new) or not self._by_id.keys().isdisjoint(ids):
            raise Refusal("An event with this id is stored already.", code="duplicate_event")
        return new

    def _inline_function(self, name: str) -> Inline:
        try:
            return self._inline[name]
        except KeyError:
            raise Refusal(f"There is no inline write {name!r}.", code="invalid_inline_write") from None

    def _keep(self, new: Sequence[Recorded]) -> None:
        for event in new:
            self._log.append(event)
            self._streams.setdefault(event.stream, []).append(event)
            self._by_id[event.event_id] = event
        self._grown.set()

    def _remember(self, idempotency: Idempotency, now: datetime) -> None:
        done = AlreadyDone(len(self._log), idempotency.fingerprint, idempotency.answer, now)
        self._answers[idempotency.scope, idempotency.key] = (now + KEPT, done)
