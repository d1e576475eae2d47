"""Orders that arrive over HTTP, each looked for by its reader until it is there: what a customer waits for.

The reader brings the `Consistency-Token` that the write was answered with. So it is answered when the read model has
got there, and not by a fold of the order's events, which would be there at once and tell nothing of the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import orjson

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.http.asking import Asking, header
from benchmarks.open_loop import open_loop
from benchmarks.our_platform import FROM_THE_MODEL, OurPlatform

PREFER = "wait=10"


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
        answer = await self._ask(f"/v1/orders/{order_id}", token)
        if FROM_THE_MODEL not in answer or order_id.encode() not in answer:
            raise WrongResultError(f"{order_id} was not shown by the read model: {answer.decode(errors='replace')}")

    async def _until_found(self) -> None:
        order_id, token = await self._place()
        answer = await self._ask(f"/v1/orders?q={order_id}&facets=no&limit=1", token)
        found = orjson.loads(answer.partition(b"\r\n\r\n")[2])["orders"]
        if [order["order_id"] for order in found] != [order_id]:
            raise WrongResultError(f"{order_id} was not found: {answer.decode(errors='replace')}")

    async def _place(self) -> tuple[str, str]:
        answer = await self._commands.ask(next(self._posts))
        return header(answer, b"location").rpartition("/")[2], header(answer, b"consistency-token")

    async def _ask(self, path: str, token: str) -> bytes:
        return await self._platform.queries.ask(self._platform.get(path, consistency_token=token, prefer=PREFER))
