"""Positions in Redis, for whoever waits for one: a hash that says where things stand, and a channel that says it moved.

Nothing depends on it: where Redis is away, readers ask the marks. So a failure is told by the answer and not raised,
and a breaker keeps a Redis that does not answer from costing a projector its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from redis import Redis

from eventing.breaker import Breaker
from eventing.consuming import Mark, Partition
from eventing.errors import OrderloomError
from projections.generations import Build
from projections.names import RedisNames, place
from projections.stores.redis_connecting import answering

PATIENCE: Final = 0.5


class RedisBoard:
    def __init__(self, client: Redis, names: RedisNames) -> None:
        self._client = client
        self._names = names
        self._breaker = Breaker()

    def applied(self, build: Build, marks: Mapping[Partition, Mark]) -> bool:
        """As Redis models write theirs. No hint goes with it: nobody can see yet what is not searchable."""
        values = {one: f"{mark.offset} {mark.position}" for one, mark in marks.items()}
        return self._write(self._names.applied(build), values)

    def searchable(self, build: Build, positions: Mapping[Partition, int]) -> bool:
        lines = [f"{build.model} {build.tag} searchable {place(one)} {at}" for one, at in positions.items()]
        return self._write(self._names.searchable(build), positions, "\n".join(lines))

    def _write(self, name: str, values: Mapping[Partition, int | str], hints: str = "") -> bool:
        if not values:
            return True
        if not self._breaker.allows():
            return False
        try:
            with answering(), self._client.pipeline(transaction=False) as pipeline:
                pipeline.hset(name, mapping={place(one): value for one, value in values.items()})
                if hints:
                    pipeline.publish(self._names.moved(), hints)
                pipeline.execute()
        except OrderloomError:
            self._breaker.failed()
            return False
        self._breaker.succeeded()
        return True

    def close(self) -> None:
        self._client.close()
