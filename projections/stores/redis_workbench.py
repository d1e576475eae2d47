"""What rebuilding needs of Redis: how much is in a build, and what its lists and sums answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import Final

from redis import Redis

from projections.generations import Build
from projections.names import BUCKETS, RedisNames
from projections.stores.redis_connecting import answering

ASKED: Final = 200
"""Lists and sums."""
FIRST: Final = 50


class RedisWorkbench:
    def __init__(self, client: Redis, names: RedisNames) -> None:
        self._client = client
        self._names = names

    def prepare(self, build: Build) -> None:
        """Redis is as quick to fill as ever."""

    def finish(self, build: Build) -> None:
        """And as quick to read."""

    def count(self, build: Build) -> int:
        with answering(), self._client.pipeline(transaction=False) as pipe:
            for bucket in range(BUCKETS):
                pipe.hlen(self._names.documents(build, bucket))
            return sum(pipe.execute())

    def answers(self, build: Build) -> Mapping[str, str]:
        with answering():
            names = sorted(islice(self._client.sscan_iter(self._names.derived(build), count=ASKED), ASKED))
            return {name.decode(): self._answer(build, name) for name in names}

    def hide(self, model: str) -> None:
        with answering():
            self._client.delete(self._names.live(model))

    def close(self) -> None:
        self._client.close()

    def _answer(self, build: Build, name: bytes) -> str:
        key = self._names.base(build).encode() + name
        if name.startswith(b"list:"):
            found: object = [
                self._client.zcard(key),
                self._client.zrange(key, 0, FIRST - 1, desc=True, withscores=True),
            ]
        else:
            parts = self._client.hgetall(key)
            found = sorted((field, value) for field, value in parts.items() if field != b"position")
        return hashlib.sha256(repr(found).encode()).hexdigest()[:16]
