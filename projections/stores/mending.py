"""Puts one document right. Sums and lists are not touched: they hold what documents should say, not what they say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import orjson
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from redis import Redis

from eventing.errors import Unavailable
from projections.generations import Build
from projections.names import ElasticsearchNames, RedisNames
from projections.ports import Stored
from projections.stores.elasticsearch import stored as stored_in_elasticsearch
from projections.stores.elasticsearch_connecting import ask
from projections.stores.redis import stored as stored_in_redis
from projections.stores.redis_connecting import answering

FORGETTING_TRIES: Final = 40
FORGETTING_PAUSE: Final = 0.05
_CONFLICT: Final = 409
# The position alone says too little of a document that somebody has tampered with: all of it has to be as it was found.
_MEND: Final = """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    local kept = redis.call('HGET', KEYS[2], ARGV[2])
    if (kept or '') ~= ARGV[3] then return 0 end
    if ARGV[4] == '' then redis.call('HDEL', KEYS[2], ARGV[2]) else redis.call('HSET', KEYS[2], ARGV[2], ARGV[4]) end
    return 1
"""


class RedisMending:
    def __init__(self, client: Redis, names: RedisNames, build: Build) -> None:
        self._client = client
        self._names = names
        self._build = build
        self._mend = client.register_script(_MEND)

    def mend(self, document_id: str, found: Stored | None, wanted: Stored) -> bool:
        key = self._names.documents_of(self._build, document_id)
        with answering():
            kept = self._client.hget(key, document_id)
            if (stored_in_redis(kept) if isinstance(kept, bytes) else None) != found:
                return False
            keys = [self._names.made(self._build), key]
            return bool(self._mend(keys, [self._build.identity, document_id, kept or b"", _value(wanted)]))

    def close(self) -> None:
        self._client.close()


def _value(wanted: Stored) -> bytes:
    if wanted.document is None:
        return b"%d \n" % wanted.position if wanted.position else b""
    return b"%d %s\n%s" % (wanted.position, wanted.label.encode(), orjson.dumps(wanted.document))


class ElasticsearchMending:
    """The version of a document is its position. Who tampers with a document raises its version beyond that, and the
    next event would be refused: so where the version is too high the document is made anew, and lives a new life."""

    def __init__(self, client: Elasticsearch, names: ElasticsearchNames, build: Build) -> None:
        self._client = client
        self._index = names.index(build)

    def mend(self, document_id: str, found: Stored | None, wanted: Stored) -> bool:
        kept = self._ask("GET", f"/{self._index}/_doc/{document_id}") or {"found": False}
        if (stored_in_elasticsearch(kept) if kept["found"] else None) != found:
            return False
        is_newest = not kept["found"] or kept["_version"] <= wanted.position
        if wanted.position and is_newest and self._index_it(document_id, wanted):
            return True
        return self._make_anew(document_id, kept, wanted)

    def close(self) -> None:
        self._client.close()

    def _make_anew(self, document_id: str, kept: Mapping[str, Any], wanted: Stored) -> bool:
        """Elasticsearch remembers the version of what was deleted for a while. Told not to, it still does so until a
        refresh after the next tick of its clock; who gave up before that would leave nothing in the document's place,
        and the next events refused."""
        self._ask("PUT", f"/{self._index}/_settings", {"index": {"gc_deletes": "0s"}})
        try:
            if kept["found"] and not self._delete(document_id, kept):
                return False
            for _ in range(FORGETTING_TRIES):
                self._ask("POST", f"/{self._index}/_refresh")
                if not wanted.position or self._index_it(document_id, wanted):
                    return True
                if self._ask("GET", f"/{self._index}/_doc/{document_id}"):
                    return False  # somebody else was quicker
                time.sleep(FORGETTING_PAUSE)
            return False
        finally:
            self._ask("PUT", f"/{self._index}/_settings", {"index": {"gc_deletes": None}})

    def _delete(self, document_id: str, kept: Mapping[str, Any]) -> bool:
        unchanged = f"if_seq_no={kept['_seq_no']}&if_primary_term={kept['_primary_term']}"
        return self._try("DELETE", f"/{self._index}/_doc/{document_id}?{unchanged}")

    def _index_it(self, document_id: str, wanted: Stored) -> bool:
        body: dict[str, Any] = {"id": document_id, "position": wanted.position}
        body |= {"deleted": True} if wanted.document is None else wanted.document
        versioned = f"version={wanted.position}&version_type=external_gte"
        return self._try("PUT", f"/{self._index}/_doc/{document_id}?{versioned}", body)

    def _try(self, method: str, path: str, body: Any = None) -> bool:
        """False where somebody else was quicker."""
        try:
            self._client.perform_request(method, path, headers=_JSON, body=body)
        except ApiError as error:
            if error.meta.status == _CONFLICT:
                return False
            raise Unavailable(f"Elasticsearch answers {error.meta.status}: {error.message}.") from error
        except TransportError as error:
            raise Unavailable(f"Elasticsearch: {error.message}.") from error
        return True

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return ask(self._client, method, path, body)


_JSON: Final = {"accept": "application/json", "content-type": "application/json"}
