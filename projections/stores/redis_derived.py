"""The sums and lists of a build in Redis: what is in them at one moment, and how one of them is put right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, cast

from redis import Redis

from eventing.consuming import Mark, Partition
from projections.contributions import LIST, SUM, Kept, contributions
from projections.generations import Build
from projections.names import RedisNames, place
from projections.ports import Lost
from projections.read_model import ReadModel
from projections.stores.redis import read_mark, stored
from projections.stores.redis_connecting import answering

READ_AT_ONCE: Final = 1000
TRIES: Final = 5
_POSITION: Final = b"position"
# The first answer is the marks: whatever is read with them is as far as they say.
_SNAPSHOT: Final = """
    if redis.call('GET', KEYS[1] .. 'made') ~= ARGV[1] then return {'lost'} end
    local found = {redis.call('HGETALL', KEYS[1] .. 'applied')}
    for i = 2, #ARGV do
        local key = KEYS[1] .. ARGV[i]
        if string.sub(ARGV[i], 1, 4) == 'sum:' then found[i] = redis.call('HGETALL', key)
        else found[i] = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
    end
    return found
"""
_ADD: Final = """
    if redis.call('GET', KEYS[1] .. 'made') ~= ARGV[1] then return 'lost' end
    local key = KEYS[1] .. ARGV[2]
    if redis.call('HINCRBY', key, ARGV[3], ARGV[4]) == 0 then redis.call('HDEL', key, ARGV[3]) end
    redis.call('HSETNX', key, 'position', 0)
    redis.call('SADD', KEYS[1] .. 'derived', ARGV[2])
    return 'done'
"""
# Only as long as the document is what the place was taken from.
_PLACE: Final = """
    if redis.call('GET', KEYS[1] .. 'made') ~= ARGV[1] then return 'lost' end
    if (redis.call('HGET', KEYS[2], ARGV[3]) or '') ~= ARGV[4] then return 'changed' end
    local key = KEYS[1] .. ARGV[2]
    if ARGV[5] == '' then redis.call('ZREM', key, ARGV[3]) else
        redis.call('ZADD', key, ARGV[5], ARGV[3])
        redis.call('SADD', KEYS[1] .. 'derived', ARGV[2])
    end
    return 'done'
"""


class RedisDerived:
    def __init__(self, client: Redis, names: RedisNames, build: Build, model: ReadModel) -> None:
        self._client = client
        self._names = names
        self._build = build
        self._model = model
        self._base = names.base(build)
        self._snapshot, self._add, self._place = map(client.register_script, (_SNAPSHOT, _ADD, _PLACE))

    def scan(self) -> Iterator[tuple[str, Kept]]:
        """All of them, also such as nobody knows that they are there; each as it is when it is come upon."""
        with answering():
            for raw in self._client.scan_iter(f"{self._base}{LIST}*", count=1000):
                yield self._name(raw), _places(dict(self._client.zscan_iter(raw, count=1000)))
            sums = self._client.scan_iter(f"{self._base}{SUM}*", count=1000)
            while some := list(islice(sums, READ_AT_ONCE)):
                with self._client.pipeline(transaction=False) as pipe:
                    for raw in some:
                        pipe.hgetall(raw)
                    yield from zip(map(self._name, some), map(_numbers, pipe.execute()), strict=True)

    def snapshot(
        self, names: Sequence[str], places: Sequence[Partition]
    ) -> tuple[Mapping[Partition, Mark], Mapping[str, Kept]]:
        with answering():
            applied, *found = cast(list[Any], self._snapshot([self._base], [self._build.identity, *names]))
        if applied == b"lost":
            raise self._lost()
        marks = _pairs(applied)
        return (
            {one: read_mark(marks[text]) for one in places if (text := place(one).encode()) in marks},
            {
                name: _numbers(_pairs(fields)) if name.startswith(SUM) else _places(_pairs(fields))
                for name, fields in zip(names, found, strict=True)
            },
        )

    def add(self, name: str, field: str, amount: int) -> None:
        with answering():
            answer = self._add([self._base], [self._build.identity, name, field, amount])
        if answer == b"lost":
            raise self._lost()

    def place(self, name: str, document_id: str) -> None:
        """Where the document says that it stands."""
        key = self._names.documents_of(self._build, document_id)
        for _ in range(TRIES):
            with answering():
                kept = cast(bytes | None, self._client.hget(key, document_id))
                at = self._place_of(name, document_id, kept)
                arguments = [self._build.identity, name, document_id, kept or b"", "" if at is None else at]
                answer = self._place([self._base, key], arguments)
            if answer == b"lost":
                raise self._lost()
            if answer == b"done":
                return

    def close(self) -> None:
        self._client.close()

    def _place_of(self, name: str, document_id: str, kept: bytes | None) -> int | None:
        family = next((one for one in self._model.families if one.name == document_id.rpartition("/")[0]), None)
        if kept is None or family is None:
            return None
        found = contributions(family, document_id, stored(kept).document, Partition(family.topic, 0))
        return next((one.amount for one in found if one.name == name), None)

    def _name(self, key: bytes) -> str:
        return key.decode().removeprefix(self._base)

    def _lost(self) -> Lost:
        return Lost(f"Redis no longer has what {self._build.model} held ({self._build.tag}): rebuild it.")


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _numbers(fields: Mapping[bytes, bytes]) -> Kept:
    return {field.decode(): int(amount) for field, amount in fields.items() if field != _POSITION}


def _places(entries: Mapping[bytes, Any]) -> Kept:
    return {document_id.decode(): int(float(score)) for document_id, score in entries.items()}
