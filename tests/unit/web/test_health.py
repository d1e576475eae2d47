"""Whether a process lives and is ready: dependencies are asked seldom, together, and for a bounded time."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from eventing.web import health_server
from eventing.web.health import Check, Health, Place
from eventing.web.health_server import serve_health
from eventing.web.keys import KeyRing
from tests.support.web import application, client_of, edge_of


class Dependency:
    def __init__(self, name: str, *, required: bool = True) -> None:
        self.asked = 0
        self.fine = True
        self.check = Check(name, self.probe, required)

    async def probe(self) -> str:
        self.asked += 1
        if not self.fine:
            raise ConnectionError("bob:hunter2@shelf refused")
        return "version 15"


async def test_a_process_is_ready_when_what_it_needs_is_there() -> None:
    store, cache = Dependency("store"), Dependency("cache", required=False)
    now = [0.0]
    health = Health(Place("notes"), [store.check, cache.check], now=lambda: now[0])
    for cache_fine, store_fine, status in (
        (True, True, "ready"),
        (False, True, "degraded"),
        (True, False, "not_ready"),
    ):
        cache.fine, store.fine = cache_fine, store_fine
        now[0] += 2
        readiness = await health.readiness()
        assert (readiness.status, readiness.ready) == (status, store_fine)
    health.draining = True
    assert (await health.readiness()).status == "draining"


async def test_dependencies_are_asked_once_however_many_ask_us() -> None:
    store = Dependency("store")
    health = Health(Place("notes"), [store.check])
    await asyncio.gather(*(health.readiness() for _ in range(100)))
    await health.readiness()
    assert store.asked == 1


async def test_one_that_hangs_is_not_waited_for_long() -> None:
    hanging, store = Check("hanging", asyncio.Event().wait), Dependency("store")  # type: ignore[arg-type]
    health = Health(Place("notes"), [hanging, store.check], timeout=0.05)
    async with asyncio.timeout(30):
        checks = (await health.readiness()).checks
    assert not checks["hanging"]["ok"]
    assert checks["store"]["ok"]


async def test_every_check_is_told_and_no_secret(keys: KeyRing) -> None:
    store = Dependency("store")
    app = application(edge_of(keys, checks=[store.check]))
    async with client_of(app) as client:
        assert (await client.get("/readyz")).json()["checks"]["store"]["detail"] == "version 15"
    store.fine = False
    app = application(edge_of(keys, checks=[store.check]))
    async with client_of(app) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["store"]["detail"] == "ConnectionError"
        # a database that is away is no reason to restart the process
        assert (await client.get("/livez")).status_code == 200
        assert "hunter2" not in (await client.get("/health")).text


async def test_health_says_where_it_is(keys: KeyRing) -> None:
    async with client_of(application(edge_of(keys))) as client:
        told = (await client.get("/health")).json()
    assert (told["service"], told["region"], told["zone"]) == ("notes", "north", "a")
    assert told["node"]
    assert told["version"]


@pytest.mark.parametrize("fine", [True, False])
async def test_a_worker_has_the_same_addresses(fine: bool) -> None:
    registry = CollectorRegistry()
    Counter("orderloom_events_published", "…", registry=registry).inc(3)
    checks = [Check("leader", lambda: "this one" if fine else 1 / 0)]  # type: ignore[arg-type,return-value]
    with serve_health(0, checks, registry, place=Place("relay"), setting="ORDERS_RELAY__HEALTH_PORT") as server:
        async with httpx.AsyncClient(base_url=server.address) as client:
            assert (await client.get("/livez")).json() == {"status": "alive"}
            assert (await client.get("/readyz")).status_code == (200 if fine else 503)
            assert (await client.get("/health")).json()["service"] == "relay"
            assert "orderloom_events_published_total 3.0" in (await client.get("/metrics")).text
            server.health.draining = True
            assert (await client.get("/readyz")).status_code == 503


@pytest.mark.timeout(60)
def test_a_worker_that_ends_does_not_wait_for_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is an hour away."""
    monkeypatch.setattr(health_server, "TICK_SECONDS", 3600)
    with serve_health(0, [], CollectorRegistry(), place=Place("relay"), setting="ORDERS_RELAY__HEALTH_PORT") as server:
        assert httpx.get(f"{server.address}/livez").status_code == 200
