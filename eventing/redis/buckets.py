"""Token buckets in Redis: one call of one script, whatever the number of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from eventing.errors import Unavailable
from eventing.web.token_bucket import Drawn, Policy

TIMEOUT_SECONDS: Final = 0.1


class RedisBuckets:
    """`client` should give up at once: whoever waits for a limiter waits for nothing useful."""

    def __init__(self, client: Redis, *, prefix: str = "", timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = client
        self._script = client.register_script(resources.files(__package__).joinpath("draw.lua").read_text())
        self._prefix = f"{prefix}rate:"
        self._timeout = timeout

    async def draw(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        keys = [f"{self._prefix}{policy.name}:{bucket}" for bucket in wanted]
        try:
            async with asyncio.timeout(self._timeout):
                now, *answers = await self._script(keys, [policy.interval, policy.quota, *wanted.values()])
        except (RedisError, OSError, TimeoutError, RuntimeError) as error:
            # RuntimeError is what uvloop says of a connection that was reset while nobody looked.
            raise Unavailable(f"Redis does not answer ({type(error).__name__}).") from None
        return int(now), dict(zip(wanted, _drawn(answers), strict=True))


def _drawn(answers: list[Any]) -> list[Drawn]:
    return [Drawn(int(granted), int(full)) for granted, full in zip(answers[::2], answers[1::2], strict=True)]
