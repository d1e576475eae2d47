"""`python -m benchmarks`: all hops, or the one that HOP names; FULL=1 takes the time that steady figures need."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import uvloop
from elastic_transport import TransportError
from elasticsearch import ApiError
from rich.console import Console

from benchmarks import hops, machine, servers, words
from benchmarks.bench import BUILD, Bench
from benchmarks.calibration import TOO_MUCH, calibrate, worst_drift
from benchmarks.contest import Hop, WrongResultError
from benchmarks.durability import assert_durable
from benchmarks.report import latency_rows, rows_of, show, write_json
from benchmarks.rounds import FULL, QUICK, play
from eventing.errors import OrderloomError

Report = dict[str, Any]


async def measure(hop: Hop, bench: Bench, own_database: str, report: Report, console: Console) -> None:
    async with hop.contests(bench) as contests:
        clock = bench.servers.cpu_clock()
        for contest in contests:
            with console.status("") as status:
                before = calibrate(own_database)
                outcome = await play(contest, bench.effort, clock, lambda words: status.update(f"{hop.name}: {words}"))
                after = calibrate(own_database)
            report["rows"] += rows_of(hop.name, outcome)
            report["latencies"] += latency_rows(hop.name, outcome)
            report["calibrations"].append(
                {"hop": hop.name, "contest": contest.name, "before": before._asdict(), "after": after._asdict()}
            )
            if (moved := worst_drift(before, after)) > TOO_MUCH:
                report["remarks"].append(
                    f"the machine's own pace moved by {moved:.0%} during “{hop.name}, {contest.name}”: take it again."
                )


async def run(chosen: list[Hop], bench: Bench, console: Console) -> Report:
    report: Report = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(bench.servers.postgres_url),
        "durability": assert_durable(bench.servers.postgres_url),
        "full": bench.effort.full,
        "rows": [],
        "latencies": [],
        "calibrations": [],
        "skipped": bench.skipped,
        "remarks": [],
        "failures": [],
    }
    async with bench.database("calibration") as own_database:
        for hop in chosen:
            console.print(f"[bold]{hop.name}[/]: {hop.says}")
            began = time.monotonic()
            try:
                await measure(hop, bench, own_database, report, console)
            except (WrongResultError, OrderloomError, ApiError, TransportError) as wrong:
                # Its rows would be worth nothing; the other hops' are.
                report["rows"] = [row for row in report["rows"] if row["hop"] != hop.name]
                report["failures"].append(f"{hop.name}: {wrong}")
            console.print(f"[dim]{hop.name}: {time.monotonic() - began:.0f} s[/]")
    return report


def main() -> int:
    console = Console(highlight=False)
    start = time.monotonic()
    words.FILE.unlink(missing_ok=True)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            full = os.environ.get("FULL") == "1"
            chosen = hops.discover(os.environ.get("HOP") or None, full=full)
            with servers.found(frozenset().union(*(hop.needs for hop in chosen))) as them:
                bench = Bench(them, FULL if full else QUICK)
                report = runner.run(run(chosen, bench, console))
    except (OrderloomError, psycopg.OperationalError) as error:
        console.print(f"[red]bench:[/] {str(error).strip()}")
        return 2
    except KeyboardInterrupt:
        return 130
    write_json(BUILD / "bench.json", report)
    show(console, report)
    console.print(f"{time.monotonic() - start:.0f} s; the figures are in {BUILD / 'bench.json'}")
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
