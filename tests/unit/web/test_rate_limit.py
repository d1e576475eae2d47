"""The limiter: requests gather into batches, a caller that asks too often is told when to come back, Redis may die."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from eventing.breaker import Breaker
from eventing.errors import Unavailable
from eventing.web.keys import KeyRing
from eventing.web.rate_limit import LocalBuckets, Policy, RateLimiter
from eventing.web.token_bucket import Drawn
from tests.support.web import MILK, application, client_of, edge_of

POLICY = Policy.of(burst=5, per_second=1)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class SlowBuckets(LocalBuckets):
    """Buckets that answer when they are let; or fail, when they are away."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.open = asyncio.Event()
        self.open.set()
        self.away = False
        self.calls: list[Mapping[str, int]] = []

    async def draw(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        self.calls.append(dict(wanted))
        await self.open.wait()
        if self.away:
            raise Unavailable("away")
        return self.draw_now(policy, wanted)


def limiter_of(shared: SlowBuckets, clock: Clock, breaker: Breaker | None = None) -> RateLimiter:
    return RateLimiter(POLICY, shared, local=LocalBuckets(clock), breaker=breaker or Breaker(now=clock))


async def test_requests_that_wait_go_together() -> None:
    shared = SlowBuckets(Clock())
    shared.open.clear()
    limiter = limiter_of(shared, Clock())
    # given one request under way, and many that come meanwhile
    waiting = [asyncio.ensure_future(limiter.charge("a"))]
    await asyncio.sleep(0)
    waiting += [asyncio.ensure_future(limiter.charge(name)) for name in ["a"] * 7 + ["b"] * 2]
    await asyncio.sleep(0)
    shared.open.set()
    verdicts = await asyncio.gather(*waiting)
    # then they go in one call, and each caller has its own bucket
    assert shared.calls == [{"a": 1}, {"a": 7, "b": 2}]
    assert [one.allowed for one in verdicts] == [True] * 5 + [False] * 3 + [True] * 2


async def test_a_request_that_is_given_up_does_not_hurt_the_others() -> None:
    shared = SlowBuckets(Clock())
    shared.open.clear()
    limiter = limiter_of(shared, Clock())
    first, given_up, last = (asyncio.ensure_future(limiter.charge("a")) for _ in range(3))
    await asyncio.sleep(0)
    given_up.cancel()
    shared.open.set()
    assert (await first).allowed
    assert (await last).allowed


async def test_while_redis_is_away_local_buckets_judge_and_redis_is_hardly_asked() -> None:
    clock = Clock()
    shared = SlowBuckets(clock)
    shared.away = True
    limiter = limiter_of(shared, clock)
    # when a caller asks a hundred times, five pass still, and Redis was asked twice only
    verdicts = [await limiter.charge("a") for _ in range(100)]
    assert sum(one.allowed for one in verdicts) == 5
    assert len(shared.calls) == 2
    # when Redis is back, the limiter finds out after the breaker's pause
    shared.away = False
    clock.now += 1
    await limiter.charge("a")
    assert len(shared.calls) == 3
    await limiter.charge("a")
    assert len(shared.calls) == 4


async def test_nobody_waits_for_the_attempt_that_finds_out_whether_redis_is_back() -> None:
    clock = Clock()
    shared = SlowBuckets(clock)
    shared.away = True
    limiter = limiter_of(shared, clock)
    for _ in range(3):
        await limiter.charge("a")
    clock.now += 1
    shared.open.clear()
    attempt = asyncio.ensure_future(limiter.charge("b"))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert (await limiter.charge("c")).allowed
    assert not attempt.done()
    shared.open.set()
    assert (await attempt).allowed


@pytest.mark.parametrize("path", ["/v1/notes/1", "/v1/notes/2", "/v1/notes/%31", "/V1/NOTES/1", "/v1/notes/1/"])
async def test_other_spellings_draw_from_the_same_bucket(keys: KeyRing, alice: str, path: str) -> None:
    limiter = RateLimiter(POLICY, None, local=LocalBuckets(Clock()))
    async with client_of(application(edge_of(keys, limiter=limiter)), alice) as client:
        statuses = [(await client.get("/v1/notes/1")).status_code for _ in range(5)]
        assert statuses == [200] * 5
        # what is no operation is not limited, and does nothing
        assert (await client.get(path)).status_code in {429, 404}


async def test_who_asks_too_often_is_told_when_to_come_back(keys: KeyRing, alice: str) -> None:
    limiter = RateLimiter(POLICY, None, local=LocalBuckets(Clock()))
    async with client_of(application(edge_of(keys, limiter=limiter)), alice) as client:
        answers = [await client.post("/v1/notes", json=MILK) for _ in range(6)]
    assert [one.status_code for one in answers] == [201] * 5 + [429]
    assert answers[0].headers["ratelimit"] == '"default";r=4;t=1'
    refused = answers[-1]
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"default";q=5;w=5'
    assert refused.json()["violated_policies"] == ["default"]


async def test_guessing_tokens_is_limited_by_address(keys: KeyRing) -> None:
    limiter = RateLimiter(POLICY, None, local=LocalBuckets(Clock()))
    async with client_of(application(edge_of(keys, limiter=limiter))) as client:
        statuses = [
            (await client.get("/v1/notes/1", headers={"authorization": f"Bearer {number}"})).status_code
            for number in range(8)
        ]
    assert statuses == [401] * 5 + [429] * 3


async def test_a_forwarded_address_is_not_believed(keys: KeyRing) -> None:
    limiter = RateLimiter(POLICY, None, local=LocalBuckets(Clock()))
    async with client_of(application(edge_of(keys, limiter=limiter))) as client:
        statuses = [
            (await client.get("/v1/greeting", headers={"x-forwarded-for": f"203.0.113.{number}"})).status_code
            for number in range(6)
        ]
    assert statuses == [200] * 5 + [429]


def test_only_so_many_local_buckets_are_kept() -> None:
    buckets = LocalBuckets(Clock(), kept=10)
    for number in range(100):
        buckets.draw_now(POLICY, {str(number): 1})
    assert len(buckets._full_at) == 10
