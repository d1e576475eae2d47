"""The same figures twice: a table for people, and rows for machines in build/bench.json."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.contest import RATE, Contender, Measure
from benchmarks.figures import Ratio, percentile, ratio_of
from benchmarks.rounds import Entrant, Outcome

PERCENTILES = (50, 95, 99, 99.9)
Row = dict[str, Any]


def rows_of(hop: str, outcome: Outcome) -> list[Row]:
    """A row for each promise: ours by a peer, or by a limit."""
    return [*(peer_row(hop, outcome, entrant) for entrant in outcome.entrants), *limit_rows(hop, outcome)]


def peer_row(hop: str, outcome: Outcome, entrant: Entrant) -> Row:
    measure = entrant.peer.measure
    ours = [measure.of(sample) for sample in outcome.samples(outcome.contest.ours)]
    theirs = [measure.of(sample) for sample in outcome.samples(entrant.best)]
    name = entrant.best.name if measure is RATE else f"{entrant.best.name}: {measure.name}"
    return row(hop, outcome, name, ratio_of(ours, theirs), entrant.peer.target, measure) | {
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs),
        "cpu_us_ours": cpu_us(outcome, outcome.contest.ours),
        "cpu_us_theirs": cpu_us(outcome, entrant.best),
    }


def limit_rows(hop: str, outcome: Outcome) -> Iterator[Row]:
    for limit in outcome.contest.limits:
        ours = [limit.measure.of(sample) for sample in outcome.samples(outcome.contest.ours)]
        ratio = ratio_of(ours, [limit.value] * len(ours))
        yield row(hop, outcome, limit.name, ratio, 1.0, limit.measure) | {
            "ours": statistics.median(ours),
            "theirs": limit.value,
            "cpu_us_ours": cpu_us(outcome, outcome.contest.ours),
            "cpu_us_theirs": None,
        }


def row(hop: str, outcome: Outcome, peer: str, ratio: Ratio, target: float | None, measure: Measure) -> Row:
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


def latency_rows(hop: str, outcome: Outcome) -> list[Row]:
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
    for (hop, contest), rows in grouped(report["rows"]):
        console.print(ratio_table(f"{hop}, {contest}: {ours_words(rows[0])}", rows))
    for (hop, contest), rows in grouped(report["latencies"]):
        console.print(latency_table(f"{hop}, {contest}: latency in ms", rows))
    for peer, reason in report["skipped"].items():
        console.print(f"[yellow]skipped[/] {peer}: {reason}")
    for remark in report["remarks"]:
        console.print(f"[red]beware[/] {remark}")
    for failure in report["failures"]:
        console.print(f"[red]failed[/] {failure}")
    targets = [each for each in report["rows"] if each["target"] is not None]
    console.print(f"{sum(each['met'] for each in targets)} of {len(targets)} targets are met.")


def grouped(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    for key, group in groupby(rows, key=lambda each: (each["hop"], each["contest"])):
        yield key, list(group)


def ratio_table(title: str, rows: Sequence[Row]) -> Table:
    table = a_table(title, "peer")
    for heading in ("theirs", "ours ÷ theirs", "low–high", "target", "their CPU"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in rows:
        table.add_row(
            each["peer"],
            amount(each["theirs"], each),
            ratio_words(each),
            f"{each['low']:.2f}–{each['high']:.2f}",
            target_words(each),
            cpu_words(each["cpu_us_theirs"]),
        )
    return table


def latency_table(title: str, rows: Sequence[Row]) -> Table:
    table = a_table(title, "contender")
    for q in PERCENTILES:
        table.add_column(f"p{q:g}", justify="right", no_wrap=True)
    table.add_column("samples", justify="right", no_wrap=True)
    for each in rows:
        table.add_row(each["contender"], *(f"{each[f'p{q:g}_ms']:.2f}" for q in PERCENTILES), f"{each['n']:,}")
    return table


def a_table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first, min_width=24)
    return table


def ours_words(each: Row) -> str:
    return f"ours {amount(each['ours'], each)}, {cpu_words(each['cpu_us_ours'])} of CPU an event"


def amount(value: float, each: Row) -> str:
    return f"{value:,.0f}{each['unit']}" if each["measure"] == RATE.name else f"{value:.2f} {each['unit']}"


def ratio_words(each: Row) -> str:
    colour = "bold" if each["target"] is None else "green" if each["met"] else "red"
    return f"[{colour}]{each['ratio']:.2f}×[/]"


def target_words(each: Row) -> str:
    if each["target"] is None:
        return "–"
    return f"{'≥' if each['better'] == 'higher' else '≤'} {each['target']:g}×"


def cpu_words(microseconds: float | None) -> str:
    return "–" if microseconds is None else f"{microseconds:,.0f} µs"
