"""A Redis that comes back a little older: a replica has taken over, or the last second never reached the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from projections.ports import Change, Footing
from projections.read_model import ReadModel
from projections.stores.redis import RedisStore
from tests.support.read_models.platform import Platform

Copy = Mapping[bytes, bytes]
"""Key → what is in it."""


def copy_of(platform: Platform, models: Sequence[ReadModel]) -> Copy:
    with platform.redis() as client:
        return {key: cast(bytes, client.dump(key)) for key in _keys(platform, models)}


def set_back(platform: Platform, models: Sequence[ReadModel], copy: Copy) -> None:
    """At one moment, as those who are connected see it."""
    gone = [key for key in _keys(platform, models) if key not in copy]
    with platform.redis() as client, client.pipeline(transaction=True) as pipe:
        for key in gone:
            pipe.delete(key)
        for key, value in copy.items():
            pipe.restore(key, 0, value, replace=True)
        pipe.execute()


def _keys(platform: Platform, models: Sequence[ReadModel]) -> list[bytes]:
    found: list[bytes] = []
    with platform.redis() as client:
        for model in models:
            build = platform.build(model.name)
            assert build is not None
            found += client.scan_iter(f"{platform.redis_names.base(build)}*", count=1000)
    return found


class LosesTheFirstCall(RedisStore):
    """Of a batch in several calls."""

    def _send(self, changes: Sequence[Change], footing: Footing) -> Sequence[str]:
        answer = super()._send(changes, footing)
        if changes[0].id == "n0":
            for one in changes:
                self._client.hdel(self._names.documents_of(self._build, one.id), one.id)
        return answer
