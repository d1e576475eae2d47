"""How indices, keys and channels of a build are called; those who write and those who read them agree here.

Everything of one Redis build stands under one name in braces, so that a cluster keeps it together and one script
reaches it, and can be taken away by name, without looking at other keys.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

from eventing.consuming import Partition
from projections.generations import Build

BUCKETS: Final = 256
"""Hashes over which the documents of a Redis build are spread."""


class ElasticsearchNames:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def alias(self, model: str) -> str:
        """What queries ask: it points to the index of the live build."""
        return f"{self._prefix}{model}"

    def index(self, build: Build) -> str:
        return f"{self._prefix}{build.model}-{build.tag}"

    def writing(self, build: Build) -> str:
        """An alias that vanishes with the index: writing to it never makes an index."""
        return f"{self.index(build)}-writing"


class RedisNames:
    """
    <prefix>read:<model>:live          the tag of the live build, for readers of a Redis model
    <prefix>read:{<model>:<tag>}:…     of one build:
        made          its identity; where that is missing, Redis was emptied
        docs:<00-ff>  hash: document id → `position label\\nJSON`; without JSON it is a tombstone
        applied       hash: `topic/partition` → `offset position`
        searchable    hash: `topic/partition` → `position`, of Elasticsearch models
        sum:<group>:<topic>/<partition>   hash: field → number, and `position`
        list:<name>   sorted set: document id by place
        derived       set: the names of all its sums and lists, without what they have in common
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def live(self, model: str) -> str:
        return f"{self._prefix}read:{model}:live"

    def base(self, build: Build) -> str:
        return f"{self._prefix}read:{{{build.model}:{build.tag}}}:"

    def made(self, build: Build) -> str:
        return f"{self.base(build)}made"

    def documents(self, build: Build, bucket: int) -> str:
        return f"{self.base(build)}docs:{bucket:02x}"

    def documents_of(self, build: Build, document_id: str) -> str:
        return self.documents(build, bucket_of(document_id))

    def applied(self, build: Build) -> str:
        return f"{self.base(build)}applied"

    def searchable(self, build: Build) -> str:
        return f"{self.base(build)}searchable"

    def sum(self, build: Build, group: str, partition: Partition) -> str:
        return f"{self.base(build)}sum:{group}:{place(partition)}"

    def list(self, build: Build, name: str) -> str:
        return f"{self.base(build)}list:{name}"

    def derived(self, build: Build) -> str:
        return f"{self.base(build)}derived"

    def moved(self) -> str:
        """Channel of hints: `model tag kind topic/partition position`."""
        return f"{self._prefix}read:moved"

    def changed(self, model: str) -> str:
        """Channel of hints: a line a document, `id position label`."""
        return f"{self._prefix}read:{model}:changed"


def bucket_of(document_id: str) -> int:
    return crc32(document_id.encode()) % BUCKETS


def place(partition: Partition) -> str:
    return f"{partition.topic}/{partition.number}"
