"""Cursors: where a page ended, as opaque signed text. Whoever sends one back goes on from there, and nowhere else.

A cursor holds the sort values of the last document of a page, so the next page begins after them however much was
written in between: a document that has not changed is neither shown twice nor left out. It is signed together with the
caller and the question, so it is good for nobody else and for nothing else, and it ends after an hour.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from eventing.errors import Refusal

LIFETIME: Final = 3600
LONGEST: Final = 1024
_SIGNATURE: Final = 16


class Cursors:
    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._now = now

    def write(self, caller: str, question: Mapping[str, Any], after: list[Any]) -> str:
        text = orjson.dumps([int(self._now()), after])
        return urlsafe_b64encode(self._signature(caller, question, text) + text).decode().rstrip("=")

    def read(self, caller: str, question: Mapping[str, Any], cursor: str) -> list[Any]:
        """The sort values to go on after. Raises `Refusal` for everything that `write` did not write for this."""
        signed = _decoded(cursor)
        signature, text = signed[:_SIGNATURE], signed[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(caller, question, text)):
            raise Refusal(
                "This cursor was not made for this question: send it with the very parameters of the page before, "
                "or begin without a cursor.",
                code="invalid_cursor",
            )
        written_at, after = orjson.loads(text)
        if self._now() - written_at > LIFETIME:
            raise Refusal("This cursor is too old: begin again without one.", code="stale_cursor")
        return list(after)

    def _signature(self, caller: str, question: Mapping[str, Any], text: bytes) -> bytes:
        asked = orjson.dumps([caller, question], option=orjson.OPT_SORT_KEYS)
        message = len(asked).to_bytes(4, "big") + asked + text
        return hmac.digest(self._key, message, hashlib.sha256)[:_SIGNATURE]


def _decoded(cursor: str) -> bytes:
    if len(cursor) > LONGEST:
        return b""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        return b""
