"""One run: servers and processes, calm, storm by storm, healing, coming to rest, judgement."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import redis

from local_stack import artifacts
from tests.soak.checker.__main__ import gather
from tests.soak.checker.judging import as_text as findings_text
from tests.soak.checker.judging import judge
from tests.soak.children import finished
from tests.soak.customers import Crowd
from tests.soak.faults.fault import Fault
from tests.soak.faults.outside import EVERYDAY
from tests.soak.goods import customers, stock_up
from tests.soak.journal import Journal
from tests.soak.observing import Observer
from tests.soak.platform import PARTITIONS, Platform
from tests.soak.report import as_text, figures
from tests.soak.scraping import Scraper
from tests.soak.settling import settle
from tests.soak.storm import Storm, Weather

ROOT = Path(__file__).resolve().parents[2]
CALM_SECONDS = 10.0
TOPICS = ("order.events.v1", "stock.events.v1", "catalogue.events.v1")


_began = time.monotonic()


class Wanted(NamedTuple):
    seconds: float
    """Of each storm."""
    seeds: Sequence[int]
    """A storm for each, one after another."""
    rate: float
    pause: float
    faults: Sequence[Fault]


def run(folder: Path, wanted: Wanted) -> dict[str, Any]:
    (folder / "journal").mkdir()
    say(f"Starting servers and two of every process; seed {', '.join(map(str, wanted.seeds))}.")
    with Journal(folder / "journal" / "clients.jsonl") as journal, Platform(folder, os.getpid()) as platform:
        shop = stock_up(platform)
        for service in (platform.payments, platform.carrier):
            service.go_wrong(*EVERYDAY[service.service], seed=wanted.seeds[0])
        crowd = Crowd(shop, customers(platform), journal, wanted.seeds[0])
        observer = Observer(platform, journal)
        observer.begin()
        scraper = Scraper(platform)
        scraper.begin()
        say(f"{CALM_SECONDS:g} s of calm, then {wanted.seconds:g} s of storm for each seed.")
        asyncio.run(crowd.come(CALM_SECONDS, wanted.rate))
        storms = [storm(seed, wanted, platform, crowd, journal) for seed in wanted.seeds]
        observer.end()
        counted = scraper.end()
        verify(platform, journal)
        say("Judging.")
        evidence = gather(whereabouts(platform))
        findings = judge(evidence)
        say(findings_text(findings))
        complaints = platform.operator.complaints
        told = {
            "complaints": complaints,
            "versions": versions(platform),
            **figures(evidence, findings, crowd, storms, platform.tally, observer, counted),
        }
        say(as_text(told))
        for complaint in complaints:
            say(f"  OPERATOR: {complaint}")
        return told


def storm(seed: int, wanted: Wanted, platform: Platform, crowd: Crowd, journal: Journal) -> Storm:
    """Customers come while it storms; when no more come everything is healed, and those who are there are served."""
    faults = wanted.faults if wanted.pause else ()
    weather = Weather(platform, seed, lambda: journal.open_calls > 0, pause=wanted.pause or 1, faults=faults)
    began = time.time()
    healed: list[float] = []

    def heal() -> None:
        weather.end()
        say(f"{len(weather.hits)} faults of seed {seed} struck. Healing everything, and waiting until it rests.")
        platform.heal()
        healed.append(time.time())

    weather.begin()
    asyncio.run(crowd.come(wanted.seconds, wanted.rate, heal))
    return Storm(seed, weather, began, healed[0], settle(platform, healed[0]))


def verify(platform: Platform, journal: Journal) -> None:
    """What the platform says of itself; whether that is so, the checker looks by its own means."""
    for command in (["store", "verify"], ["stock", "verify"]):
        try:
            text, kind = finished([*command, "--quiet"], platform.environment()), "ok"
        except AssertionError as error:
            text, kind = str(error), "fail"
        journal.note("operator", "_".join(command), kind, text=text)


def versions(platform: Platform) -> dict[str, str]:
    """Of what the run was with."""
    from importlib.metadata import version
    from platform import python_version

    with redis.Redis.from_url(platform.servers.redis_url) as client:
        told: Any = client.info("server")
    return {
        "orderloom": version("orderloom"),
        "python": python_version(),
        "postgres": str(platform.query("SHOW server_version")[0][0]),
        "kafka": artifacts.version_of("kafka"),
        "elasticsearch": artifacts.version_of("elasticsearch"),
        "redis": told["redis_version"],
    }


def whereabouts(platform: Platform) -> dict[str, Any]:
    return {
        "postgres_url": platform.servers.postgres_url,
        "kafka": platform.servers.kafka_bootstrap,
        "topics": TOPICS,
        "partitions": PARTITIONS,
        "schemas": str(ROOT / "event_schemas" / "avro"),
        "journal": str(platform.folder / "journal"),
        "payments_ledger": str(platform.payments.ledger_file),
        "carrier_ledger": str(platform.carrier.ledger_file),
        "redis_url": platform.servers.redis_url,
        "redis_prefix": "",
        "elasticsearch_url": platform.servers.elasticsearch_url,
        "index_prefix": "",
    }


def say(sentence: str) -> None:
    sys.stdout.write(f"{time.monotonic() - _began:4.0f} s  {sentence}\n")
    sys.stdout.flush()
