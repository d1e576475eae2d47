"""The consistency token: a caller's own write, as opaque text. A query that brings it sees that write.

It names topic and partition because read models follow partitions, and the position in the log, which grows along
each of them. It is no secret and not signed: whoever invents one only waits, for a bounded time, for nothing.

A query has seen several partitions, and says so in one text: a whole view of a topic. Several tokens may be sent, as
several headers or with commas between them, so that what one caller has seen passes on to another.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from eventing.errors import Refusal

HEADER: Final = "Consistency-Token"
MOST_TOKENS: Final = 16

_LAYOUT: Final = re.compile(r"1/([a-z0-9._-]{1,249})/([0-9]{1,9})/([0-9]{1,18})", re.ASCII)
_VIEW: Final = re.compile(r"2/([a-z0-9._-]{1,249})/([0-9]{1,9}:[0-9]{1,18}(?:\.[0-9]{1,9}:[0-9]{1,18})*)", re.ASCII)


class ConsistencyToken(NamedTuple):
    topic: str
    partition: int
    position: int

    def encode(self) -> str:
        return _encoded(f"1/{self.topic}/{self.partition}/{self.position}")

    @classmethod
    def decode(cls, token: str) -> ConsistencyToken:
        found = _LAYOUT.fullmatch(_decoded(token))
        if found is None:
            raise _not_a_token()
        return cls(found[1], int(found[2]), int(found[3]))


def encode_seen(seen: Iterable[ConsistencyToken]) -> str:
    """One text for all that was seen: a token as it is, or a view of several partitions a topic."""
    by_topic: dict[str, list[ConsistencyToken]] = defaultdict(list)
    for token in seen:
        by_topic[token.topic].append(token)
    return ", ".join(_of_topic(topic, by_topic[topic]) for topic in sorted(by_topic))


def decode_all(text: str) -> Sequence[ConsistencyToken]:
    """Raises `Refusal` if any part of it is no token, or if there are too many."""
    parts = [part.strip(" \t") for part in text.split(",")]
    if len(parts) > MOST_TOKENS:
        raise Refusal(f"At most {MOST_TOKENS} Consistency-Tokens go with one query.", code="invalid_consistency_token")
    return [token for part in parts for token in _all_of(part)]


def _of_topic(topic: str, tokens: Sequence[ConsistencyToken]) -> str:
    if len(tokens) == 1:
        return tokens[0].encode()
    view = ".".join(f"{token.partition}:{token.position}" for token in sorted(tokens))
    return _encoded(f"2/{topic}/{view}")


def _all_of(part: str) -> Sequence[ConsistencyToken]:
    view = _VIEW.fullmatch(_decoded(part))
    if view is None:
        return [ConsistencyToken.decode(part)]
    pairs = (pair.split(":") for pair in view[2].split("."))
    return [ConsistencyToken(view[1], int(partition), int(position)) for partition, position in pairs]


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(token: str) -> str:
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _not_a_token() -> Refusal:
    return Refusal(
        "This is no Consistency-Token: send the header back exactly as a command answered it, or leave it out.",
        code="invalid_consistency_token",
    )
