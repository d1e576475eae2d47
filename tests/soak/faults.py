"""What can go wrong, one function a kind: it does harm, holds it for a while, and takes it back."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, NamedTuple

import redis

from tests.soak.platform import Platform


class Fault(NamedTuple):
    kind: str
    weight: int
    act: Callable[[Storm], str]
    """Does it, and says to whom."""


@dataclass
class Storm:
    """What a fault needs: the platform, chance, and patience that ends when the storm does."""

    platform: Platform
    chance: random.Random
    over: Event

    def hold(self, shortest: float, longest: float) -> None:
        self.over.wait(self.chance.uniform(shortest, longest))

    def child(self, *parts: str) -> str:
        """One that runs and is not frozen, of these parts or of any."""
        found = [
            name
            for name, child in sorted(self.platform.children.items())
            if child.runs and not child.frozen and (not parts or name.startswith(parts))
        ]
        return self.chance.choice(found) if found else ""

    def road(self, *servers: str) -> str:
        return self.chance.choice(
            [name for name in sorted(self.platform.proxies) if not servers or name.startswith(servers)]
        )


def kill_process(storm: Storm) -> str:
    if name := storm.child():
        child = storm.platform.children[name]
        child.kill()
        storm.hold(0, 5)
        child.start()
    return name


def pause_process(storm: Storm) -> str:
    """For longer than leases and sessions last, so that it wakes up as a zombie."""
    if name := storm.child("relay", "inventory", "payment", "shipping", "order", "watchdog", "projector"):
        child = storm.platform.children[name]
        child.freeze()
        storm.hold(4, 15)
        child.thaw()
    return name


def rolling_restart(storm: Storm) -> str:
    for name in sorted(storm.platform.children):
        if storm.over.is_set():
            break
        child = storm.platform.children[name]
        child.ask_to_end(15)
        child.start()
    return "all, one after another"


def rebalance_storm(storm: Storm) -> str:
    part = storm.chance.choice(["inventory", "payment", "shipping", "order", "projector"])
    for _ in range(4):
        for road in "ab":
            child = storm.platform.children[f"{part}-{road}"]
            child.ask_to_end(10) if storm.chance.random() < 0.5 else child.kill()
            child.start()
            storm.hold(0.5, 2)
    return part


def crash_point(storm: Storm) -> str:
    from eventing.crash_point_register import CRASH_POINTS

    point = storm.chance.choice(sorted(CRASH_POINTS))
    parts = {
        "commands": ("write",),
        "relay": ("relay",),
        "saga": ("inventory", "payment", "shipping", "order"),
        "projector": ("projector",),
    }
    owners = parts.get(point.partition(".")[0])
    if owners is None or not (name := storm.child(*owners)):
        return ""
    child = storm.platform.children[name]
    child.kill()
    child.start(ORDERS_CRASH_POINT=f"{point}:{storm.chance.randint(1, 40)}")
    died = child.wait_for_end(12)
    child.kill()
    child.start()
    return f"{name} at {point}, {'reached' if died else 'not reached'}"


def kill_server(storm: Storm) -> str:
    server = storm.chance.choice(["postgres", "kafka", "elasticsearch", "redis"])
    for pid in storm.platform.server_pids(server)[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    storm.hold(0, 3)
    storm.platform.repair_servers()
    return server


def pause_server(storm: Storm) -> str:
    server = storm.chance.choice(["kafka", "elasticsearch", "redis"])
    pids = storm.platform.server_pids(server)
    _signal(pids, signal.SIGSTOP)
    storm.hold(1, 12)
    _signal(pids, signal.SIGCONT)
    return server


def end_database_sessions(storm: Storm) -> str:
    """As a failover or an administrator does: every connection is gone at once."""
    storm.platform.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    return "postgres"


def reset_road(storm: Storm) -> str:
    road = storm.road()
    storm.platform.proxies[road].cut()
    return road


def half_open_road(storm: Storm) -> str:
    road = storm.road()
    storm.platform.proxies[road].pause()
    storm.hold(2, 12)
    storm.platform.proxies[road].resume()
    storm.platform.proxies[road].cut()
    return road


def slow_road(storm: Storm) -> str:
    road = storm.road()
    storm.platform.proxies[road].delay(storm.chance.uniform(0.02, 0.4), jitter=0.05)
    storm.hold(2, 8)
    storm.platform.proxies[road].heal()
    return road


def dribbling_road(storm: Storm) -> str:
    road = storm.road()
    storm.platform.proxies[road].dribble(storm.chance.choice([1, 7, 100]))
    storm.hold(1, 4)
    storm.platform.proxies[road].heal()
    return road


def torn_frame(storm: Storm) -> str:
    road = storm.road()
    direction: Any = storm.chance.choice(["up", "down"])
    storm.platform.proxies[road].cut_after(storm.chance.randint(1, 5000), direction)
    return f"{road} {direction}"


def closed_road(storm: Storm) -> str:
    road = storm.road()
    storm.platform.proxies[road].refuse()
    storm.platform.proxies[road].cut()
    storm.hold(1, 8)
    storm.platform.proxies[road].accept()
    return road


def lost_commit(storm: Storm) -> str:
    """The server commits, and nobody hears of it."""
    road = storm.road("postgres")
    storm.platform.proxies[road].lose_reply_to(b"COMMIT")
    return road


def stolen_lease(storm: Storm) -> str:
    storm.platform.query("UPDATE leases SET expires_at = clock_timestamp() - interval '1 second'")
    return "leases"


def trouble_outside(storm: Storm) -> str:
    """On top of the steady share of declines: the provider and the carrier at their worst."""
    kinds = ["lost_reply", "error_before", "error_after", "delay", "hang", "html", "rate_limited"]
    rules = [
        {"operation": "*", "fault": kind, "probability": 0.15, "ms": 1500} for kind in storm.chance.sample(kinds, 3)
    ]
    service = storm.chance.choice([storm.platform.payments, storm.platform.carrier])
    service.go_wrong(*rules, *EVERYDAY[service.service], seed=storm.chance.randrange(1000))
    storm.hold(4, 12)
    service.go_wrong(*EVERYDAY[service.service], seed=storm.chance.randrange(1000))
    return service.service


def kill_outside(storm: Storm) -> str:
    service = storm.chance.choice([storm.platform.payments, storm.platform.carrier])
    service.kill()
    storm.hold(0, 4)
    service.restart()
    service.go_wrong(*EVERYDAY[service.service])
    return service.service


def empty_redis(storm: Storm) -> str:
    with redis.Redis.from_url(storm.platform.servers.redis_url) as client:
        client.flushall()
    return "redis"


EVERYDAY: dict[str, list[dict[str, Any]]] = {
    "payments": [
        {"operation": "charge", "fault": "decline", "probability": 0.05},
        {"operation": "charge", "fault": "lost_reply", "probability": 0.03},
    ],
    "carrier": [{"operation": "book", "fault": "decline", "probability": 0.03}],
}
"""What goes wrong outside on any day."""

FAULTS = (
    Fault("kill -9 of a process", 22, kill_process),
    Fault("pause of a process", 14, pause_process),
    Fault("crash point", 10, crash_point),
    Fault("kill -9 of a server", 6, kill_server),
    Fault("pause of a server", 6, pause_server),
    Fault("database sessions ended", 3, end_database_sessions),
    Fault("connections reset", 5, reset_road),
    Fault("half-open link", 5, half_open_road),
    Fault("slow link", 3, slow_road),
    Fault("dribbling link", 3, dribbling_road),
    Fault("torn frame", 4, torn_frame),
    Fault("closed link", 4, closed_road),
    Fault("reply to COMMIT lost", 4, lost_commit),
    Fault("lease stolen", 3, stolen_lease),
    Fault("rebalance storm", 3, rebalance_storm),
    Fault("trouble outside", 6, trouble_outside),
    Fault("outside world killed", 3, kill_outside),
    Fault("rolling restart", 1, rolling_restart),
    Fault("Redis emptied", 2, empty_redis),
)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
