"""Token buckets in a real Redis: the script counts as the arithmetic does, and Redis may die and nobody notices."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from eventing.errors import Unavailable
from eventing.redis.buckets import RedisBuckets
from eventing.redis.connecting import connect
from eventing.web.rate_limit import Policy, RateLimiter
from eventing.web.token_bucket import Drawn, draw
from tests.support.tcp_proxy import TcpProxy

POLICY = Policy.of(burst=20, per_second=0.01)
"""So slow that no token comes back while a test runs."""
PATIENCE = 30.0
"""With a Redis that lives. The product waits a tenth of a second, and does without whatever comes later."""
SHORT = 0.5


def patient(redis_url: str) -> Redis:
    return Redis.from_url(redis_url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


class CountedBuckets(RedisBuckets):
    """Knows how often Redis was asked."""

    asked = 0

    async def draw(self, policy: Policy, wanted: Mapping[str, int]) -> tuple[int, Mapping[str, Drawn]]:
        self.asked += 1
        return await super().draw(policy, wanted)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    connected = patient(redis_url)
    yield connected
    await connected.aclose()


async def test_the_script_counts_as_the_arithmetic_does(client: Redis, names: str) -> None:
    chance = random.Random(7)
    buckets = RedisBuckets(client, prefix=names, timeout=PATIENCE)
    policies = [Policy.of(burst=burst, per_second=rate) for burst, rate in ((1, 1), (7, 300.0), (50, 10_000), (3, 0.1))]
    for number, policy in enumerate(policies):
        full_at = dict.fromkeys("abc", 0)
        for _ in range(60):
            wanted = {f"{number}{name}": chance.randint(1, 9) for name in chance.sample("abc", chance.randint(1, 3))}
            now, drawn = await buckets.draw(policy, wanted)
            for bucket, count in wanted.items():
                expected = draw(policy, full_at[bucket[-1]], now, count)
                assert drawn[bucket].granted == expected.granted
                assert max(drawn[bucket].full_at, now) == max(expected.full_at, now)
                full_at[bucket[-1]] = expected.full_at


async def test_all_processes_draw_from_the_same_bucket(redis_url: str, names: str) -> None:
    clients = [patient(redis_url) for _ in range(4)]
    limiters = [RateLimiter(POLICY, RedisBuckets(client, prefix=names, timeout=PATIENCE)) for client in clients]
    verdicts = await asyncio.gather(*(limiters[n % 4].charge("alice") for n in range(200)))
    assert sum(verdict.allowed for verdict in verdicts) == POLICY.quota
    for client in clients:
        await client.aclose()


async def test_each_process_by_itself_would_let_too_many_in(names: str) -> None:
    """The mutant: without Redis, four processes grant four bursts."""
    limiters = [RateLimiter(POLICY, None) for _ in range(4)]
    verdicts = [await limiters[n % 4].charge("alice") for n in range(200)]
    assert sum(verdict.allowed for verdict in verdicts) == 4 * POLICY.quota


async def test_a_bucket_is_not_kept_longer_than_it_matters(client: Redis, names: str) -> None:
    policy = Policy.of(burst=10, per_second=0.1)
    await RedisBuckets(client, prefix=names, timeout=PATIENCE).draw(policy, {"alice": 10})
    (key,) = [key async for key in client.scan_iter(f"{names}*")]
    # a second longer than the 100 that it takes to be full again
    assert 90_000 < await client.pttl(key) <= 101_001


async def test_a_lost_script_is_loaded_again(client: Redis, names: str) -> None:
    buckets = RedisBuckets(client, prefix=names, timeout=PATIENCE)
    await buckets.draw(POLICY, {"alice": 1})
    await client.script_flush()
    _, drawn = await buckets.draw(POLICY, {"alice": 1})
    assert drawn["alice"].granted == 1


async def test_orders_are_taken_while_redis_hangs_and_it_costs_next_to_nothing(redis_url: str, names: str) -> None:
    address = urlsplit(redis_url)
    assert address.hostname is not None
    assert address.port is not None
    fallbacks: list[int] = []
    with TcpProxy(address.hostname, address.port) as proxy:
        password = f":{address.password}@" if address.password else ""
        client = connect(f"redis://{password}{proxy.host}:{proxy.port}{address.path}")
        buckets = CountedBuckets(client, prefix=names, timeout=SHORT)
        limiter = RateLimiter(POLICY, buckets, on_fallback=fallbacks.append)
        assert (await limiter.charge("alice")).allowed
        assert not fallbacks
        # when Redis hangs: nothing comes back, nothing is closed
        proxy.pause()
        asked = buckets.asked
        verdicts = [await limiter.charge("alice") for _ in range(500)]
        # then the local bucket judges, and only a few of the 500 waited for Redis
        assert sum(verdict.allowed for verdict in verdicts) == POLICY.quota
        assert sum(fallbacks) == 500
        assert 0 < buckets.asked - asked < 10
        # when Redis answers again, so does the shared bucket, after the breaker's pause
        proxy.resume()
        async with asyncio.timeout(PATIENCE):
            before = -1
            while sum(fallbacks) != before:
                before = sum(fallbacks)
                await limiter.charge("carol")
        assert (await limiter.charge("dave")).remaining == POLICY.quota - 1
        assert sum(fallbacks) == before
        await client.aclose()


@pytest.mark.parametrize("how", ["pause", "cut"])
async def test_a_redis_that_is_gone_is_unavailable_soon(redis_url: str, names: str, how: str) -> None:
    address = urlsplit(redis_url)
    assert address.hostname is not None
    assert address.port is not None
    with TcpProxy(address.hostname, address.port) as proxy:
        password = f":{address.password}@" if address.password else ""
        client = connect(f"redis://{password}{proxy.host}:{proxy.port}{address.path}")
        await RedisBuckets(client, prefix=names, timeout=PATIENCE).draw(POLICY, {"alice": 1})
        # when it hangs, or its connections are reset and new ones refused
        if how == "pause":
            proxy.pause()
        else:
            proxy.refuse()
            proxy.cut()
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable):
                await RedisBuckets(client, prefix=names).draw(POLICY, {"alice": 1})
        await client.aclose()
