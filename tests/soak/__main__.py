"""`python -m tests.soak --seconds 90 --seed 1`: a storm over the whole platform, and the judgement after it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.soak.checker.__main__ import gather
from tests.soak.checker.judging import as_text as findings_text
from tests.soak.checker.judging import judge
from tests.soak.children import finished
from tests.soak.customers import Crowd, Customer, Shop
from tests.soak.faults import EVERYDAY
from tests.soak.journal import Journal
from tests.soak.observing import Observer
from tests.soak.platform import PARTITIONS, Platform
from tests.soak.report import as_text, figures
from tests.soak.settling import settle
from tests.soak.storm import Weather

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 5
SKUS = 12
SCARCE = {1: 40, 4: 25}
"""By rank: how little there is of what many want."""
PLENTY = 100_000
CALM_SECONDS = 10.0
TOPICS = ("order.events.v1", "stock.events.v1", "catalogue.events.v1")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=12, help="visits a second")
    parser.add_argument("--pause", type=float, default=4, help="mean seconds between faults; 0 for none")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="orderloom-soak-"))
    told = run(folder, asked.seconds, asked.seed, asked.rate, asked.pause)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "soak.json").write_text(json.dumps(told, indent=2, default=str), encoding="utf-8")
    clean = not told["violations"] and not told["not_settled"]
    if asked.keep or not clean:
        say(f"Logs and journal: {folder}")
    else:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


def run(folder: Path, seconds: float, seed: int, rate: float, pause: float) -> dict[str, Any]:
    (folder / "journal").mkdir()
    say(f"Starting servers and two of every process; seed {seed}.")
    with Journal(folder / "journal" / "clients.jsonl") as journal, Platform(folder, os.getpid()) as platform:
        shop = stock_up(platform)
        for service in (platform.payments, platform.carrier):
            service.go_wrong(*EVERYDAY[service.service], seed=seed)
        crowd = Crowd(shop, customers(platform), journal, seed)
        observer = Observer(platform, journal)
        weather = Weather(platform, seed, lambda: journal.open_calls > 0, pause=pause or 1e9)
        observer.begin()
        say(f"{CALM_SECONDS:g} s of calm, then {seconds:g} s of storm.")
        asyncio.run(crowd.come(CALM_SECONDS, rate))
        began = time.time()
        weather.begin()
        asyncio.run(crowd.come(seconds, rate))
        weather.end()
        storm = began, time.time()
        say(f"{len(weather.hits)} faults struck. Healing everything, and waiting until it has come to rest.")
        platform.heal()
        settled = settle(platform)
        observer.end()
        verify(platform, journal)
        say("Judging.")
        evidence = gather(whereabouts(platform))
        findings = judge(evidence)
        told = figures(seed, evidence, findings, crowd, weather.hits, observer, settled, storm, weather.failures)
        say(findings_text(findings))
        say(as_text(told))
        return told


def stock_up(platform: Platform) -> Shop:
    catalogue, warehouse = platform.token("carla", "catalogue"), platform.token("will", "warehouse")
    skus = [f"SKU-{rank:02d}" for rank in range(SKUS)]
    for rank, sku in enumerate(skus):
        product = {
            "sku": sku,
            "name": f"Product {rank}",
            "description": "",
            "unit_price": 500 + rank,
            "currency": "EUR",
        }
        platform.post("/v1/products", product, catalogue)
        receipt = {"quantity": SCARCE.get(rank, PLENTY), "reference": "first delivery"}
        platform.post(f"/v1/stock/{sku}/receipts", receipt, warehouse)
    return Shop(
        [platform.address("write-a"), platform.address("write-b")],
        [platform.address("query-a"), platform.address("query-b")],
        skus,
    )


def customers(platform: Platform) -> list[Customer]:
    names = [f"customer-{number}" for number in range(CUSTOMERS)]
    return [Customer(name, platform.token(name, "customer"), f"Canary{secrets.token_hex(4)}") for name in names]


def verify(platform: Platform, journal: Journal) -> None:
    """What the platform says of itself; whether that is so, the checker looks by its own means."""
    for command in (["store", "verify"], ["stock", "verify"]):
        try:
            text, kind = finished([*command, "--quiet"], platform.environment()), "ok"
        except AssertionError as error:
            text, kind = str(error), "fail"
        journal.note("operator", "_".join(command), kind, text=text)


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
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
