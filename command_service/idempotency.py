"""Idempotency keys: one effect and one answer for an intention, however often it is sent.

The truth is in the store: the first append under a key keeps its answer in its own transaction, every later one is
given that answer. Nothing says "in progress" there, so nothing can be left behind by a crash. Here is only what comes
before: what a key looks like, what makes two requests the same, and waiting for one's turn within a process.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Final, NamedTuple, Self

from pydantic import BaseModel

from eventing.web.refusals import EdgeRefusal

HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 255
PATIENCE: Final = 10.0
"""Seconds that a duplicate waits for the outcome of the first."""

_PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,255}")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


class IdempotencyKey(NamedTuple):
    scope: str
    """Caller and operation: a key of one caller never meets the key of another."""
    key: str
    fingerprint: bytes


def parse_key(values: Sequence[str]) -> str | None:
    """A quoted string as the draft of the header says, or bare as most clients send it: both name the same key."""
    if not values:
        return None
    value = values[0].strip(" \t")
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else value
    bare_is_odd = quoted is None and ('"' in value or "," in value)
    if len(values) > 1 or bare_is_odd or not _PRINTABLE.fullmatch(key):
        raise EdgeRefusal(
            f"Send one {HEADER} of 1 to {LONGEST_KEY} printable ASCII characters; a UUID does well.",
            code="idempotency_key_invalid",
        )
    return key


def fingerprint(method: str, path: str, if_match: str | None, body: BaseModel) -> bytes:
    """Of what was understood, not of the bytes: a blank more or members in another order are the same request."""
    # The serializer itself: `model_dump_json` takes twice as long to find its way to it.
    parsed = body.__pydantic_serializer__.to_json(body)
    return blake2b(f"{method} {path}\n{if_match}\n".encode() + parsed, digest_size=16).digest()


class Turns:
    """In one process, requests of one key go one by one, so that duplicates wait instead of being decided in vain."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._taken: dict[tuple[str, str], asyncio.Future[None]] = {}

    def turn(self, key: IdempotencyKey) -> Turn:
        return Turn(self._taken, (key.scope, key.key), self._patience)


class Turn:
    __slots__ = ("_name", "_patience", "_taken")

    def __init__(self, taken: dict[tuple[str, str], asyncio.Future[None]], name: tuple[str, str], patience: float):
        self._taken, self._name, self._patience = taken, name, patience

    async def __aenter__(self) -> Self:
        if self._name in self._taken:
            try:
                async with asyncio.timeout(self._patience):
                    while (other := self._taken.get(self._name)) is not None:
                        await asyncio.shield(other)
            except TimeoutError:
                raise EdgeRefusal(
                    f"A request with this {HEADER} is still being worked on: wait, and send it again.",
                    code="idempotency_in_progress",
                    headers={"retry-after": "1"},
                ) from None
        self._taken[self._name] = asyncio.get_running_loop().create_future()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._taken.pop(self._name).set_result(None)
