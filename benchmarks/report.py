"""The same figures twice: a table for people, and rows for machines in build/bench.json."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contest import RATE, Contender, Measure
from benchmarks.figures import Ratio, percentile, ratio_of
from benchmarks.rounds import Entrant, Outcome

PERCENTILES = (50, 95, 99, 99.9)


def rows_of(hop: str, outcome: Outcome) -> list[dict[str, Any]]:
    """A row for each promise: ours by a peer, or by a limit."""
    return [*(peer_row(hop, outcome, entrant) for entrant in outcome.entrants), *limit_rows(hop, outcome)]


def peer_row(hop: str, outcome: Outcome, entrant: Entrant) -> dict[str, Any]:
    measure = entrant.peer.measure
    ours = [measure.of(sample) for sample in outcome.samples(outcome.contest.ours)]
    theirs = [measure.of(sample) for sample in outcome.samples(entrant.best)]
    return row(hop, outcome, entrant.best.name, ratio_of(ours, theirs), entrant.peer.target, measure) | {
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs),
        "cpu_us_ours": cpu_us(outcome, outcome.contest.ours),
        "cpu_us_theirs": cpu_us(outcome, entrant.best),
    }


def limit_rows(hop: str, outcome: Outcome) -> Iterator[dict[str, Any]]:
    for limit in outcome.contest.limits:
        ours = [limit.measure.of(sample) for sample in outcome.samples(outcome.contest.ours)]
        ratio = ratio_of(ours, [limit.value] * len(ours))
        yield row(hop, outcome, limit.name, ratio, 1.0, limit.measure) | {
            "ours": statistics.median(ours),
            "theirs": limit.value,
            "cpu_us_ours": cpu_us(outcome, outcome.contest.ours),
            "cpu_us_theirs": None,
        }


def row(hop: str, outcome: Outcome, peer: str, ratio: Ratio, target: float | None, measure: Measure) -> dict[str, Any]:
    return {
        "hop": hop,
        "contest": outcome.contest.name,
        "peer": peer,
        "ratio": ratio.median,
        "low": ratio.low,
        "high": ratio.high,
        "target": target,
        "better": "higher" if measure.more_is_better else "lower",
        "met": target is None or (ratio.median >= target if measure.more_is_better else ratio.median <= target),
        "measure": measure.name,
        "unit": measure.unit,
        "rounds": len(outcome.rounds),
    }


def cpu_us(outcome: Outcome, contender: Contender) -> float:
    """Microseconds of CPU for one event, over all processes and all rounds."""
    samples = outcome.samples(contender)
    return 1e6 * sum(sample.cpu_seconds for sample in samples) / max(1, sum(sample.events for sample in samples))


def latency_rows(hop: str, outcome: Outcome) -> list[dict[str, Any]]:
    contenders = {one.name: one for one in (outcome.contest.ours, *(entrant.best for entrant in outcome.entrants))}
    rows = []
    for name, contender in contenders.items():
        pooled = [latency for sample in outcome.samples(contender) for latency in sample.latencies]
        if pooled:
            figures = {f"p{q:g}_ms": 1000 * percentile(pooled, q) for q in PERCENTILES}
            rows.append({"hop": hop, "contest": outcome.contest.name, "contender": name, **figures, "n": len(pooled)})
    return rows


def write_json(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, default=str) + "\n")


def show(console: Console, report: dict[str, Any]) -> None:
    console.print(ratio_table(report["rows"]))
    if report["latencies"]:
        console.print(latency_table(report["latencies"]))
    for peer, reason in report["skipped"].items():
        console.print(f"[yellow]skipped[/] {peer}: {reason}")
    for remark in report["remarks"]:
        console.print(f"[red]beware[/] {remark}")


def ratio_table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Ours beside its peers: median of the rounds' ratios (lowest to highest)", title_justify="left")
    for heading in ("hop", "question", "peer"):
        table.add_column(heading)
    for heading in ("ours", "theirs", "ratio", "spread", "target", "CPU µs/event ours : theirs"):
        table.add_column(heading, justify="right")
    for each in rows:
        table.add_row(
            each["hop"], each["contest"], each["peer"], amount(each["ours"], each), amount(each["theirs"], each),
            ratio_words(each), f"{each['low']:.2f}–{each['high']:.2f}", target_words(each), cpu_words(each),
        )  # fmt: skip
    return table


def amount(value: float, each: dict[str, Any]) -> str:
    return f"{value:,.0f}{each['unit']}" if each["measure"] == RATE.name else f"{value:.2f} {each['unit']}"


def ratio_words(each: dict[str, Any]) -> str:
    colour = "bold" if each["target"] is None else "green" if each["met"] else "red"
    return f"[{colour}]{each['ratio']:.2f}×[/]"


def target_words(each: dict[str, Any]) -> str:
    if each["target"] is None:
        return "–"
    return f"{'≥' if each['better'] == 'higher' else '≤'} {each['target']:g}×"


def cpu_words(each: dict[str, Any]) -> str:
    theirs = each["cpu_us_theirs"]
    return f"{each['cpu_us_ours']:.0f} : {'–' if theirs is None else f'{theirs:.0f}'}"


def latency_table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Latency with open-loop arrivals, in milliseconds", title_justify="left")
    for heading in ("hop", "question", "contender"):
        table.add_column(heading)
    for q in PERCENTILES:
        table.add_column(f"p{q:g}", justify="right")
    table.add_column("samples", justify="right")
    for each in rows:
        figures = (f"{each[f'p{q:g}_ms']:.2f}" for q in PERCENTILES)
        table.add_row(each["hop"], each["contest"], each["contender"], *figures, f"{each['n']:,}")
    return table
