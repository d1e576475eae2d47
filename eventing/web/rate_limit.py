"""How often a caller may ask: token buckets in Redis that all processes share, and local ones while Redis is away.

While one call to Redis is under way the next requests gather, and go with the following one: under load a call carries
many requests, and an idle limiter adds no delay. When Redis fails, requests are judged by buckets of this process, so
that orders are taken still; a breaker keeps a dead Redis from costing each of them a timeout.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog

from eventing.breaker import Breaker
from eventing.errors import Unavailable
from eventing.web.token_bucket import Drawn, Policy, Verdict, draw, verdicts

__all__ = ["Buckets", "LocalBuckets", "Policy", "RateLimiter", "Verdict"]

BATCH_LIMIT: Final = 512
LOCAL_BUCKETS: Final = 20_000

_log = structlog.get_logger("orderloom.rate_limit")


class Buckets(Protocol):
    """Where the buckets are kept."""

    async def draw(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        """Takes tokens from several buckets at once; also tells the time by which it judged.

        Raises `Unavailable`, and does so soon."""
        ...


class LocalBuckets:
    """Buckets of this process alone."""

    def __init__(self, now: Callable[[], float] = time.monotonic, kept: int = LOCAL_BUCKETS) -> None:
        self._now = now
        self._kept = kept
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def draw_now(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        now = int(self._now() * 1_000_000)
        drawn = {name: draw(policy, self._full_at.get(name, 0), now, count) for name, count in wanted.items()}
        for name, result in drawn.items():
            self._full_at[name] = result.full_at
            self._full_at.move_to_end(name)
        while len(self._full_at) > self._kept:
            # The bucket that was used longest ago is the likeliest to be full again.
            self._full_at.popitem(last=False)
        return now, drawn

    async def draw(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        return self.draw_now(policy, wanted)


class RateLimiter:
    def __init__(
        self,
        policy: Policy,
        shared: Buckets | None,
        *,
        local: LocalBuckets | None = None,
        breaker: Breaker | None = None,
        on_fallback: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.policy = policy
        self._policy_field = (b"ratelimit-policy", policy.policy_field.encode())
        self._shared = shared
        self._local = local or LocalBuckets()
        self._breaker = breaker or Breaker()
        self._on_fallback = on_fallback
        self._waiting: list[tuple[str, asyncio.Future[Verdict]]] = []
        self._sender: asyncio.Task[None] | None = None

    def fields(self, verdict: Verdict) -> list[tuple[bytes, bytes]]:
        """The headers that tell a caller how much is left, as ASGI wants them."""
        return [self._policy_field, (b"ratelimit", self.policy.rest_field(verdict).encode())]

    async def charge(self, bucket: str) -> Verdict:
        if self._shared is None or self._breaker.is_resting or (self._breaker.is_open and self._sender is not None):
            # While one attempt finds out whether Redis is back, nobody else has to wait for it.
            return self._judge_locally([bucket])[0]
        loop = asyncio.get_running_loop()
        verdict: asyncio.Future[Verdict] = loop.create_future()
        self._waiting.append((bucket, verdict))
        if self._sender is None:
            self._sender = loop.create_task(self._send(self._shared))
        return await verdict

    async def _send(self, shared: Buckets) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
                judged = await self._judge(shared, [bucket for bucket, _ in batch])
                for (_, future), verdict in zip(batch, judged, strict=True):
                    if not future.done():  # its request may have been cancelled
                        future.set_result(verdict)
        finally:
            self._sender = None

    async def _judge(self, shared: Buckets, buckets: list[str]) -> list[Verdict]:
        if not self._breaker.allows():
            return self._judge_locally(buckets)
        counts = _counted(buckets)
        try:
            now, drawn = await shared.draw(self.policy, counts)
        except Unavailable as error:
            if self._breaker.failed():
                _log.warning(
                    "Redis does not answer; each process now limits requests by itself.",
                    action="rate_limit.local",
                    reason=str(error),
                )
            return self._judge_locally(buckets)
        if self._breaker.succeeded():
            _log.info("Redis answers again; requests are limited together.", action="rate_limit.shared")
        return self._dealt(buckets, counts, now, drawn)

    def _judge_locally(self, buckets: list[str]) -> list[Verdict]:
        if self._shared is not None:
            self._on_fallback(len(buckets))
        counts = _counted(buckets)
        return self._dealt(buckets, counts, *self._local.draw_now(self.policy, counts))

    def _dealt(
        self, buckets: list[str], counts: Mapping[str, int], now: int, drawn: Mapping[str, Drawn]
    ) -> list[Verdict]:
        dealt = {name: verdicts(self.policy, drawn[name], now, count) for name, count in counts.items()}
        return [next(dealt[name]) for name in buckets]


def _counted(buckets: list[str]) -> dict[str, int]:
    """By hand, because a Counter takes longer to make than a whole verdict."""
    counts: dict[str, int] = {}
    for name in buckets:
        counts[name] = counts.get(name, 0) + 1
    return counts
