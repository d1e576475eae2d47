"""Positions in Redis, for whoever waits for one: a hash that says where things stand, and a channel that says it moved.

Nothing depends on it: where Redis is away, readers ask the marks. So a failure is told by the answer and not raised,
and a breaker keeps a Redis that does not answer from costing a projector its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from redis import Redis

from eventing.breaker import Breaker
from eventing.consuming import Partition
from eventing.errors import OrderloomError
from projections.generations import Build
from projections.names import RedisNames, place
from projections.ports import Kind
from projections.stores.redis_connecting import answering

PATIENCE: Final = 0.5


class RedisBoard:
    def __init__(self, client: Redis, names: RedisNames) -> None:
        self._client = client
        self._names = names
        self._breaker = Breaker()

    def publish(self, build: Build, kind: Kind, positions: Mapping[Partition, int]) -> bool:
        if not positions:
            return True
        if not self._breaker.allows():
            return False
        try:
            self._write(build, kind, positions)
        except OrderloomError:
            self._breaker.failed()
            return False
        self._breaker.succeeded()
        return True

    def _write(self, build: Build, kind: Kind, positions: Mapping[Partition, int]) -> None:
        # An applied position is written as Redis models do, with the offset left out.
        name = self._names.applied(build) if kind == "applied" else self._names.searchable(build)
        lead = "0 " if kind == "applied" else ""
        lines = "\n".join(f"{build.model} {build.tag} {kind} {place(one)} {at}" for one, at in positions.items())
        with answering(), self._client.pipeline(transaction=False) as pipeline:
            pipeline.hset(name, mapping={place(one): f"{lead}{at}" for one, at in positions.items()})
            pipeline.publish(self._names.moved(), lines)
            pipeline.execute()

    def close(self) -> None:
        self._client.close()
