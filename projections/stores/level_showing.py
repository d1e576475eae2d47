"""Lets readers see another build, at a moment when that takes nothing away from them.

In Redis the comparison and the switch are one script: no reader ever finds a document older than the one it has seen.
Elasticsearch can't do this: between the last comparison and the switch of the alias lie some milliseconds, in which the
live build may have taken in events that the new one takes in as many milliseconds later.
"""

from __future__ import annotations

from typing import Final

from redis import Redis

from projections.generations import Build
from projections.names import RedisNames
from projections.stores.redis_connecting import answering
from projections.stores.showing import ElasticsearchShowing, RedisShowing

_SHOW: Final = """
    -- KEYS: what readers see, the marks of the new build, those of the live one. ARGV: the tag of the new build.
    local theirs = redis.call('HGETALL', KEYS[3])
    for i = 1, #theirs, 2 do
        local ours = redis.call('HGET', KEYS[2], theirs[i]) or '0 0'
        if tonumber(string.match(ours, '%d+$')) < tonumber(string.match(theirs[i + 1], '%d+$')) then return 0 end
    end
    redis.call('SET', KEYS[1], ARGV[1])
    return 1
"""


class LevelRedisShowing(RedisShowing):
    def __init__(self, client: Redis, names: RedisNames) -> None:
        super().__init__(client, names)
        self._show_level = client.register_script(_SHOW)

    def show_when_level(self, new: Build, live: Build) -> bool:
        keys = [self._names.live(new.model), self._names.applied(new), self._names.applied(live)]
        with answering():
            return bool(self._show_level(keys, [new.tag]))


class LevelElasticsearchShowing(ElasticsearchShowing):
    def show_when_level(self, new: Build, live: Build) -> bool:  # noqa: ARG002
        """Whoever calls has compared a moment ago."""
        self.show(new)
        return True
