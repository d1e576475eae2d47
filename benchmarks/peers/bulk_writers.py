"""Ready documents into the stores with the clients' own means: `parallel_bulk`, and a pipeline of guarded commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import orjson
from elasticsearch import OrjsonSerializer, helpers
from redis import Redis

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.our_projector import UNREFRESHED
from benchmarks.peers.patient_client import PatientElasticsearch
from benchmarks.placed_log import Ready
from projections.names import BUCKETS, bucket_of
from projections.read_model import ReadModel
from projections.stores.elasticsearch import ADDED
from projections.stores.elasticsearch_connecting import ask

PIPELINE = 1000
# The same promise as ours gives for a document: only over an older one.
GUARDED = """
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if not kept or tonumber(string.match(kept, '^%d+')) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
"""


class ParallelBulk:
    def __init__(self, url: str, prefix: str, model: ReadModel, ready: Sequence[Ready]) -> None:
        self._client = PatientElasticsearch(url, serializers={"application/vnd.elasticsearch+json": OrjsonSerializer()})
        self._prefix = prefix
        self._model = model
        self._actions = [_action(one) for one in ready]
        self._numbers = count(1)
        self._last: dict[tuple[int, int], str] = {}

    def contender(self, threads: int, chunk: int) -> Contender:
        async def run(_: float) -> Sample:
            return await asyncio.to_thread(self._write, threads, chunk)

        async def check() -> None:
            index = self._last[threads, chunk]
            ask(self._client, "POST", f"/{index}/_refresh")
            there = ask(self._client, "GET", f"/{index}/_count")["count"]
            if there != len(self._actions):
                raise WrongResultError(f"parallel_bulk wrote {there} documents of {len(self._actions)}.")

        return Contender(f"parallel_bulk {threads} × {chunk}", run, check)

    def drop(self) -> None:
        for number in range(1, next(self._numbers)):
            ask(self._client, "DELETE", f"/{self._prefix}peer-{number}?ignore_unavailable=true")
        self._client.close()

    def _write(self, threads: int, chunk: int) -> Sample:
        index = self._last[threads, chunk] = f"{self._prefix}peer-{next(self._numbers)}"
        properties = {**self._model.mapping["properties"], **ADDED}
        body = {
            "settings": {**self._model.settings, **UNREFRESHED},
            "mappings": {**self._model.mapping, "properties": properties},
        }
        ask(self._client, "PUT", f"/{index}", body)
        actions = ({**action, "_index": index} for action in self._actions)
        start = time.perf_counter()
        written = sum(1 for _ in helpers.parallel_bulk(self._client, actions, thread_count=threads, chunk_size=chunk))
        return Sample(written, time.perf_counter() - start)


class Pipeline:
    def __init__(self, url: str, prefix: str, ready: Sequence[Ready]) -> None:
        self._client = Redis.from_url(url)
        self._script = self._client.script_load(GUARDED)
        self._prefix = f"{prefix}peer"
        self._commands = [
            (f":{bucket_of(one.id):02x}", one.id, one.position, b"%d\n%s" % (one.position, orjson.dumps(one.document)))
            for one in ready
        ]
        self._numbers = count(1)
        self._last = ""

    def contender(self) -> Contender:
        async def run(_: float) -> Sample:
            return await asyncio.to_thread(self._write)

        return Contender(f"a pipeline of {PIPELINE}", run, self._check)

    def drop(self) -> None:
        for key in self._client.scan_iter(f"{self._prefix}*"):
            self._client.unlink(key)
        self._client.close()

    async def _check(self) -> None:
        there = sum(int(self._client.hlen(f"{self._last}:{bucket:02x}")) for bucket in range(BUCKETS))
        if there != len(self._commands):
            raise WrongResultError(f"the pipeline wrote {there} documents of {len(self._commands)}.")

    def _write(self) -> Sample:
        self._last = prefix = f"{self._prefix}{next(self._numbers)}"
        start = time.perf_counter()
        for at in range(0, len(self._commands), PIPELINE):
            with self._client.pipeline(transaction=False) as pipeline:
                for key, name, position, value in self._commands[at : at + PIPELINE]:
                    pipeline.evalsha(self._script, 1, prefix + key, name, position, value)
                pipeline.execute()
        return Sample(len(self._commands), time.perf_counter() - start)


def _action(one: Ready) -> Mapping[str, Any]:
    source = {"id": one.id, "position": one.position, **one.document}
    return {"_id": one.id, "version": one.position, "version_type": "external", "_source": source}
