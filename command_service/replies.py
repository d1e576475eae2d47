"""What a caller is told, in a form that can be stored beside the events and told again word by word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from eventing.consistency import ConsistencyToken
from eventing.partitioning import partition_of


class Written(NamedTuple):
    """Where the caller's write is to be looked for: the key's partition of a topic."""

    topic: str
    key: str


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes
    written: Written | None = None
    """None for a refusal: there is nothing to wait for."""

    def token(self, position: int, partitions: int) -> str | None:
        if self.written is None:
            return None
        topic, key = self.written
        return ConsistencyToken(topic, partition_of(key, partitions), position).encode()

    def stored(self) -> bytes:
        """The position is not known before the append, so the token is made when the reply is given."""
        return orjson.dumps([self.status, self.headers, list(self.written or ())]) + b"\n" + self.body


def read_stored(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\n")
    status, headers, written = orjson.loads(head)
    return Reply(status, headers, body, Written(*written) if written else None)


def json_reply(status: int, value: Mapping[str, Any], written: Written, headers: Mapping[str, str]) -> Reply:
    return Reply(status, {"content-type": "application/json", **headers}, orjson.dumps(value), written)
