"""Load shedding: commands stop when the way out is blocked, and the limit on concurrency finds its own height."""

from __future__ import annotations

import heapq
import itertools
import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventing.web.concurrency_limit import ConcurrencyLimit
from eventing.web.keys import KeyRing
from eventing.web.load import Lag, LagLimit, LoadShedder, Queue
from eventing.web.refusals import Overloaded
from tests.support.web import MILK, application, client_of, edge_of


@pytest.mark.parametrize(
    ("queue", "lag", "reason"),
    [
        (Queue(79, 100), Lag(0, 0), None),
        (Queue(80, 100), Lag(0, 0), "append_queue"),
        (Queue(0, 100), Lag(1000, 60.0), None),
        (Queue(0, 100), Lag(1001, 0.0), "relay_lag"),
        (Queue(0, 100), Lag(0, 60.1), "relay_lag"),
    ],
)
def test_commands_are_turned_away_when_the_way_out_is_blocked(queue: Queue, lag: Lag, reason: str | None) -> None:
    shedder = LoadShedder(queue=lambda: queue, lag=lambda: lag, lag_limit=LagLimit(1000, 60.0))
    if reason is None:
        shedder.leave(shedder.enter(command=True), finished=True)
    else:
        with pytest.raises(Overloaded) as refused:
            shedder.enter(command=True)
        assert refused.value.facts["reason"] == reason
    # reading goes on
    shedder.leave(shedder.enter(command=False), finished=True)


async def test_whoever_is_turned_away_is_told_when_to_come_back(keys: KeyRing, alice: str) -> None:
    shedder = LoadShedder(queue=lambda: Queue(100, 100))
    async with client_of(application(edge_of(keys, shedder=shedder)), alice) as client:
        refused = await client.post("/v1/notes", json=MILK)
        assert refused.status_code == 503
        assert refused.json()["code"] == "overloaded"
        assert refused.headers["retry-after"] == "1"
        assert (await client.get("/v1/notes/1")).status_code == 200
        # and the addresses that say how it is going are never shed
        assert (await client.get("/livez")).status_code == 200
        assert 'turned_away_total{reason="append_queue"} 1.0' in (await client.get("/metrics")).text


async def test_a_request_that_fails_gives_its_place_back(keys: KeyRing, alice: str) -> None:
    shedder = LoadShedder(concurrency=ConcurrencyLimit(initial=2, least=2))
    async with client_of(application(edge_of(keys, shedder=shedder)), alice) as client:
        for _ in range(10):
            assert (await client.post("/v1/notes", json={**MILK, "text": "fault"})).status_code == 500
            assert (await client.get("/v1/notes/1", headers={"authorization": "Bearer x"})).status_code == 401
    assert shedder.concurrency.in_flight == 0


class Simulation:
    """Workers that take a while for each request, and a stream of requests; time is simulated."""

    def __init__(self, limit: ConcurrencyLimit | None, *, workers: int, rate: float, seed: int) -> None:
        self.limit, self.workers, self.rate = limit, workers, rate
        self.random = random.Random(seed)
        self.latencies: list[tuple[float, float]] = []
        self.turned_away = 0

    def run(self, seconds: float, service: float = 0.01) -> None:
        free = [0.0] * self.workers  # when each worker is free again
        leaving: list[tuple[float, int, float]] = []
        now, order = 0.0, itertools.count()
        while now < seconds:
            now += self.random.expovariate(self.rate)
            while leaving and leaving[0][0] <= now:
                done, _, came = heapq.heappop(leaving)
                self.latencies.append((done, done - came))
                if self.limit is not None:
                    self.limit.leave(done - came)
            if self.limit is not None and not self.limit.enter():
                self.turned_away += 1
                continue
            begin = max(now, heapq.heappop(free))
            end = begin + service * self.random.uniform(0.8, 1.2)
            heapq.heappush(free, end)
            heapq.heappush(leaving, (end, next(order), now))

    def after(self, seconds: float) -> list[float]:
        return sorted(latency for done, latency in self.latencies if done > seconds)


@settings(max_examples=8, deadline=None)
@given(workers=st.integers(4, 20), overload=st.floats(1.3, 3), seed=st.integers(0, 2**32))
def test_under_overload_latency_is_bounded_and_no_capacity_is_lost(workers: int, overload: float, seed: int) -> None:
    capacity = workers / 0.01
    limit = ConcurrencyLimit(initial=20, least=4, most=5000)
    guarded = Simulation(limit, workers=workers, rate=capacity * overload, seed=seed)
    guarded.run(8)
    latencies = guarded.after(5)
    assert mean(latencies) < 0.06
    assert len(latencies) / 3 > 0.8 * capacity


def test_without_the_limit_latency_has_no_bound() -> None:
    """The mutant: what the test above would see if everything were let in."""
    open_door = Simulation(None, workers=10, rate=1500, seed=1)
    open_door.run(6)
    assert mean(open_door.after(3)) > 1


@settings(max_examples=8, deadline=None)
@given(workers=st.integers(8, 20), seed=st.integers(0, 2**32))
def test_with_room_to_spare_nobody_is_turned_away(workers: int, seed: int) -> None:
    limit = ConcurrencyLimit(initial=64, least=32)
    calm = Simulation(limit, workers=workers, rate=0.6 * workers / 0.01, seed=seed)
    calm.run(4)
    assert calm.turned_away == 0


def test_work_that_becomes_slower_for_good_is_accepted_in_the_end() -> None:
    limit = ConcurrencyLimit(initial=50, least=10)
    for latency, requests in ((0.01, 5_000), (0.1, 50_000)):
        for _ in range(requests):
            while limit.enter():
                """There is always somebody at the door."""
            limit.leave(latency)
    assert limit.limit > 50


def test_an_idle_process_does_not_raise_its_limit() -> None:
    limit = ConcurrencyLimit(initial=100)
    for _ in range(10_000):
        limit.enter()
        limit.leave(0.001)
    assert limit.limit == 100
