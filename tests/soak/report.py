"""The figures of a run, for people and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tests.soak.checker.evidence import Evidence
from tests.soak.checker.finding import Finding
from tests.soak.customers import Crowd
from tests.soak.observing import Observer
from tests.soak.settling import Settled
from tests.soak.storm import Hit

MINUTE = 60.0
PERCENTILES = (50, 95, 99, 99.9)


def figures(
    seed: int,
    evidence: Evidence,
    findings: Sequence[Finding],
    crowd: Crowd,
    hits: Sequence[Hit],
    observer: Observer,
    settled: Settled,
    storm: tuple[float, float],
    failures: Sequence[str],
) -> dict[str, Any]:
    ends = Counter((evidence.ended(order) or ["not ended"])[0] for order in evidence.orders)
    kinds: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"count": 0, "in_flight": 0})
    for hit in hits:
        kinds[hit.kind]["count"] += 1
        kinds[hit.kind]["in_flight"] += hit.in_flight
    takeovers = observer.takeovers()
    calm, stormy = _order_seconds(evidence, storm)
    return {
        "seed": seed,
        "orders": dict(ends),
        "events": len(evidence.events),
        "duplicates_in_topics": len(evidence.published) - len({message.id for message in evidence.published}),
        "requests": dict(crowd.tried),
        "attempts": len(crowd.attempts),
        "given_up": crowd.given_up,
        "availability_by_minute": _availability(crowd.attempts),
        "faults": dict(kinds),
        "faults_that_failed": list(failures),
        "crash_points": Counter(hit.target for hit in hits if hit.kind == "crash point"),
        "takeovers": {"count": len(takeovers), **_percentiles(takeovers)},
        "longest_publication_stall": round(observer.stalls(), 2),
        "settled_seconds": settled.seconds and round(settled.seconds, 1),
        "not_settled": {what: count for what, count in settled.left.items() if count},
        "placed_to_end_calm": _percentiles(calm),
        "placed_to_end_stormy": _percentiles(stormy),
        "invariants": {
            finding.invariant: {
                "looked_at": finding.looked_at,
                "violations": len(finding.violations),
                "skipped": finding.skipped,
            }
            for finding in findings
        },
        "violations": [f"{finding.invariant}: {violation}" for finding in findings for violation in finding.violations],
    }


def as_text(told: dict[str, Any]) -> str:
    lines = [f"seed {told['seed']}: {sum(told['orders'].values())} orders, {told['events']} events"]
    lines.append("  ended: " + ", ".join(f"{count} {end}" for end, count in sorted(told["orders"].items())))
    lines.append(f"  duplicates in the topics: {told['duplicates_in_topics']}")
    lines += [
        f"  {kind}: {n['count']}, {n['in_flight']} with work in flight" for kind, n in sorted(told["faults"].items())
    ]
    lines += [f"  FAULT FAILED: {failure}" for failure in told["faults_that_failed"]]
    lines.append(f"  takeovers: {told['takeovers']}; longest stall {told['longest_publication_stall']} s")
    lines.append(f"  settled after {told['settled_seconds']} s; left: {told['not_settled'] or 'nothing'}")
    lines.append(f"  given up after all tries: {told['given_up']} of {sum(told['requests'].values())}")
    lines.append(f"  availability by minute: {told['availability_by_minute']}")
    lines.append(f"  placed to end, calm: {told['placed_to_end_calm']}; stormy: {told['placed_to_end_stormy']}")
    return "\n".join(lines)


def _order_seconds(evidence: Evidence, storm: tuple[float, float]) -> tuple[list[float], list[float]]:
    calm: list[float] = []
    stormy: list[float] = []
    for order, placed in evidence.orders.items():
        ended = [event for event in evidence.by_order[order] if event.type in evidence.ended(order)]
        if ended:
            took = ended[0].epoch_seconds - placed.epoch_seconds
            (stormy if storm[0] <= placed.epoch_seconds <= storm[1] else calm).append(took)
    return calm, stormy


def _availability(attempts: Sequence[tuple[float, bool]]) -> list[float]:
    if not attempts:
        return []
    first = min(at for at, _ in attempts)
    minutes: dict[int, list[bool]] = defaultdict(list)
    for at, answered in attempts:
        minutes[int((at - first) // MINUTE)].append(answered)
    return [round(sum(minutes[minute]) / len(minutes[minute]), 4) for minute in sorted(minutes)]


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {f"p{p:g}": round(ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))], 3) for p in PERCENTILES}
