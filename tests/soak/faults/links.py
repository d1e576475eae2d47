"""The roads between processes and servers: reset, mute, slow, dribbling, torn, closed; and a reply that is lost."""

from __future__ import annotations

from typing import Any

from tests.soak.faults.fault import Storm

SERVERS = ("postgres", "redis", "elasticsearch", "payments", "carrier")


def reset_road(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    storm.platform.proxies[road].cut()
    return road


def half_open_road(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    storm.platform.proxies[road].pause()
    storm.hold(2, 12)
    storm.platform.proxies[road].resume()
    storm.platform.proxies[road].cut()
    return road


def slow_road(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    storm.platform.proxies[road].delay(storm.chance.uniform(0.02, 0.4), jitter=0.05)
    storm.hold(2, 8)
    storm.platform.proxies[road].heal()
    return road


def dribbling_road(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    storm.platform.proxies[road].dribble(storm.chance.choice([1, 7, 100]))
    storm.hold(1, 4)
    storm.platform.proxies[road].heal()
    return road


def torn_frame(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    direction: Any = storm.chance.choice(["up", "down"])
    storm.platform.proxies[road].cut_after(storm.chance.randint(1, 5000), direction)
    return f"{road} {direction}"


def closed_road(storm: Storm) -> str:
    road = storm.road(*SERVERS)
    storm.platform.proxies[road].refuse()
    storm.platform.proxies[road].cut()
    storm.hold(1, 8)
    storm.platform.proxies[road].accept()
    return road


def kafka_road(storm: Storm) -> str:
    """Any of these on the way to Kafka, on which everything but commands and queries hangs."""
    road = storm.road("kafka")
    proxy = storm.platform.proxies[road]
    harm = storm.chance.choice(["reset", "mute", "slow", "dribbling", "torn", "closed"])
    match harm:
        case "reset":
            proxy.cut()
        case "mute":
            proxy.pause()
            storm.hold(2, 12)
            proxy.resume()
            proxy.cut()
        case "slow":
            proxy.delay(storm.chance.uniform(0.05, 0.5), jitter=0.05)
            storm.hold(2, 8)
        case "dribbling":
            proxy.dribble(storm.chance.choice([7, 100]))
            storm.hold(1, 4)
        case "torn":
            proxy.cut_after(storm.chance.randint(1, 20_000), storm.chance.choice(["up", "down"]))
            proxy.triggered.wait(3)
        case "closed":
            proxy.refuse()
            proxy.cut()
            storm.hold(1, 8)
            proxy.accept()
    proxy.heal()
    return f"{road} {harm}"


def lost_commit(storm: Storm) -> str:
    """The server commits, and nobody hears of it."""
    road = storm.road("postgres")
    storm.platform.proxies[road].lose_reply_to(b"COMMIT")
    return road
