"""Orders that arrive over HTTP, each looked for by its reader until it is there: what a customer waits for.

The reader brings the `Consistency-Token` that the write was answered with. So it is answered when the read model has
got there, and not by a fold of the order's events, which would be there at once and tell nothing of the way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import orjson

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.http.asking import Asking, header
from benchmarks.open_loop import open_loop
from benchmarks.our_platform import FROM_THE_MODEL, OurPlatform

PREFER = "wait=10"
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.005


class OurNewcomers:
    def __init__(self, platform: OurPlatform, commands: Asking, posts: Iterator[bytes]) -> None:
        self._platform = platform
        self._commands = commands
        self._posts = posts

    def by_id(self, name: str, rate: float) -> Contender:
        return self._contender(name, rate, self._until_seen)

    def by_search(self, name: str, rate: float) -> Contender:
        return self._contender(name, rate, self._until_found)

    def _contender(self, name: str, rate: float, act: Callable[[], Awaitable[None]]) -> Contender:
        async def run(seconds: float) -> Sample:
            return await open_loop(act, rate, seconds)

        return Contender(name, run, self._platform.check)

    async def _until_seen(self) -> None:
        order_id, token = await self._place()

        def is_seen(answer: bytes) -> bool:
            return FROM_THE_MODEL in answer and order_id.encode() in answer

        await self._ask_until(f"/v1/orders/{order_id}", token, is_seen)

    async def _until_found(self) -> None:
        order_id, token = await self._place()

        def is_found(answer: bytes) -> bool:
            found = orjson.loads(answer.partition(b"\r\n\r\n")[2])["orders"]
            return [order["order_id"] for order in found] == [order_id]

        await self._ask_until(f"/v1/orders?q={order_id}&facets=no&limit=1", token, is_found)

    async def _place(self) -> tuple[str, str]:
        answer = await self._commands.ask(next(self._posts))
        return header(answer, b"location").rpartition("/")[2], header(answer, b"consistency-token")

    async def _ask_until(self, path: str, token: str, is_there: Callable[[bytes], bool]) -> None:
        """Once, on a machine that keeps up. Where the model is late an order is folded for the reader, and a search
        refused: then it is asked again, and its latency goes on."""
        request = self._platform.get(path, consistency_token=token, prefer=PREFER)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(WrongResultError):
                if is_there(await self._platform.queries.ask(request)):
                    return
            await asyncio.sleep(AGAIN_SECONDS)
        raise WrongResultError(f"{path} is not shown by its read model after {PATIENCE_SECONDS:g} s.")
