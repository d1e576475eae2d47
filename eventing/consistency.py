"""The consistency token: a caller's own write, as opaque text. A query that brings it sees that write.

It names topic and partition because read models follow partitions, and the position in the log, which grows along
each of them. It is no secret and not signed: whoever invents one only waits, for a bounded time, for nothing.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, NamedTuple

from eventing.errors import Refusal

HEADER: Final = "Consistency-Token"
_LAYOUT: Final = re.compile(r"1/([a-z0-9._-]{1,249})/([0-9]{1,9})/([0-9]{1,18})", re.ASCII)


class ConsistencyToken(NamedTuple):
    topic: str
    partition: int
    position: int

    def encode(self) -> str:
        text = f"1/{self.topic}/{self.partition}/{self.position}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, token: str) -> ConsistencyToken:
        try:
            text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
        except (binascii.Error, ValueError):
            text = ""
        found = _LAYOUT.fullmatch(text)
        if found is None:
            raise Refusal(
                "This is no Consistency-Token: send the header back exactly as a command answered it, or leave it out.",
                code="invalid_consistency_token",
            )
        return cls(found[1], int(found[2]), int(found[3]))
