"""What the relay needs from outside, as it sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

from eventing.cloudevents import Headers

Row = tuple[int, str, str, str, str, int, str, str | None, str, str | None, str, bytes]
"""position, stream, version, event id, type, schema version, correlation, causation, actor, traceparent, time, body"""

Outgoing = tuple[str, bytes, str, int, Headers]
"""topic, value, key, partition, headers"""


class Destination(NamedTuple):
    """Where events of one type and version go, and under which id of the registry."""

    topic: str
    schema_id: int


class Tuning(NamedTuple):
    """Settings that can be changed while it runs."""

    linger_ms: float
    batch: int


class Log(Protocol):
    def read(self, after: int, limit: int, byte_limit: int) -> Sequence[Row]:
        """The log in order, from the position after `after`, without a gap. At least one event, if there is one."""
        ...


class Publisher(Protocol):
    """In order, and never with a hole. A publisher that failed is abandoned and another one begins."""

    @property
    def acknowledged(self) -> int: ...
    @property
    def under_way(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...
    def publish(self, messages: Iterable[Outgoing], count: int, last: int) -> None: ...
    def serve(self, seconds: float) -> None: ...
    def purge(self) -> None: ...
    def abandon(self) -> None: ...


class Topics(Protocol):
    def create(self, names: Sequence[str]) -> Sequence[str]: ...
    def demand(self, names: Sequence[str]) -> None: ...
    def demand_partitions(self, expected: Mapping[str, int]) -> None: ...


class Database(Protocol):
    def query(self, sql: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, committed when this returns. Raises `Unavailable` within a bounded time."""
        ...
