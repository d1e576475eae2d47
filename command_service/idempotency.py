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
from typing import Final, NamedTuple

from pydantic import BaseModel

from eventing.web.refusals import EdgeRefusal

HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 255
PATIENCE: Final = 10.0
"""Seconds that a duplicate waits for the outcome of the first."""

_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


class IdempotencyKey(NamedTuple):
    scope: str
    """Caller and operation: a key of one caller never meets the key of another."""
    key: str
    fingerprint: bytes


def parse_key(values: Sequence[bytes]) -> str | None:
    """A quoted string as the draft of the header says, or bare as most clients send it: both name the same key."""
    if not values:
        return None
    key = values[0].decode("latin-1").strip(" \t")
    if '"' in key or "," in key:
        quoted = _QUOTED.fullmatch(key)
        key = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else ""
    if len(values) == 1 and 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    raise EdgeRefusal(
        f"Send one {HEADER} of 1 to {LONGEST_KEY} printable ASCII characters; a UUID does well.",
        code="idempotency_key_invalid",
    )


def fingerprint(method: str, path: str, if_match: str | None, body: BaseModel) -> bytes:
    """Of what was understood, not of the bytes: a blank more or members in another order are the same request."""
    # The serializer itself: `model_dump_json` takes twice as long to find its way to it.
    parsed = body.__pydantic_serializer__.to_json(body)
    return blake2b(f"{method} {path}\n{if_match}\n".encode() + parsed, digest_size=16).digest()


class Turns:
    """In one process, requests of one key go one by one, so that duplicates wait instead of being decided in vain."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._taken: dict[tuple[str, str], asyncio.Future[None] | None] = {}
        """Each key that is being worked on, with what others wait for, if there are any."""

    async def wait_for(self, key: IdempotencyKey) -> Turn:
        """To be used as a context: the turn ends with it."""
        name = key[:2]
        if name in self._taken:
            await self._wait(name)
        self._taken[name] = None
        return Turn(self._taken, name)

    async def _wait(self, name: tuple[str, str]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while name in self._taken:
                    end = self._taken[name] = self._taken[name] or asyncio.get_running_loop().create_future()
                    await asyncio.shield(end)
        except TimeoutError:
            raise EdgeRefusal(
                f"A request with this {HEADER} is still being worked on: wait, and send it again.",
                code="idempotency_in_progress",
                headers={"retry-after": "1"},
            ) from None


class Turn(NamedTuple):
    taken: dict[tuple[str, str], asyncio.Future[None] | None]
    name: tuple[str, str]

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        if (end := self.taken.pop(self.name)) is not None:
            end.set_result(None)
