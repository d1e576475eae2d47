from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from benchmarks.calibration import TOO_MUCH, Calibration, worst_drift
from benchmarks.contest import RATE, Contender, Contest, Peer, Sample
from benchmarks.report import rows_of, show, write_json
from benchmarks.rounds import Entrant, Outcome


async def never(_: float) -> Sample:
    raise AssertionError("it has played already")


OURS, PEER = Contender("ours", never), Contender("pgbench INSERT, 16 clients", never)
ENTRANT = Entrant(Peer([PEER], 1.5), PEER)
ROUNDS = [
    {"ours": Sample(300, 1.0, cpu_seconds=0.03), PEER.name: Sample(100, 1.0, cpu_seconds=0.02)},
    {"ours": Sample(100, 1.0, cpu_seconds=0.01), PEER.name: Sample(100, 1.0, cpu_seconds=0.02)},
    {"ours": Sample(200, 1.0, cpu_seconds=0.02), PEER.name: Sample(100, 1.0, cpu_seconds=0.02)},
]


def report() -> dict[str, object]:
    outcome = Outcome(Contest("64 in flight", OURS, [ENTRANT.peer]), [ENTRANT], ROUNDS)
    return {
        "rows": rows_of("append", outcome),
        "latencies": [],
        "skipped": {"Emmett's PostgreSQL store": "there is no Node with npm on this machine"},
        "remarks": [],
        "failures": [],
    }


def test_machines_read_rows_with_the_median_and_its_spread(tmp_path: Path) -> None:
    write_json(tmp_path / "build" / "bench.json", report())

    [row] = json.loads((tmp_path / "build" / "bench.json").read_text())["rows"]

    assert {key: row[key] for key in ("hop", "peer", "ratio", "low", "high", "target")} == {
        "hop": "append",
        "peer": "pgbench INSERT, 16 clients",
        "ratio": 2.0,
        "low": 1.0,
        "high": 3.0,
        "target": 1.5,
    }
    assert (row["cpu_us_ours"], row["cpu_us_theirs"], row["measure"]) == (100.0, 200.0, RATE.name)


def test_people_read_the_same_and_why_a_peer_is_missing() -> None:
    console = Console(width=120, record=True, file=io.StringIO(), highlight=False)

    show(console, report())

    said = console.export_text()
    assert "append, 64 in flight: ours 200/s, 100 µs of CPU an event" in said
    assert all(words in said for words in ("2.00×", "1.00–3.00", "≥ 1.5×", "no Node with npm", "1 of 1 targets"))


def test_a_machine_that_changed_its_pace_is_noticed_whatever_part_of_it() -> None:
    before, slower_disk = Calibration(180.0, 50.0, 100.0), Calibration(180.0, 50.0, 130.0)

    assert worst_drift(before, before) == 0
    assert worst_drift(before, slower_disk) > TOO_MUCH
