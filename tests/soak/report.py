"""The figures of a run, for people and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eventing.crash_points import read_tally
from tests.mutants.__main__ import kept as mutants_killed
from tests.soak.checker.evidence import Evidence
from tests.soak.checker.finding import Finding
from tests.soak.customers import Crowd
from tests.soak.observing import Observer
from tests.soak.shop import Attempt
from tests.soak.storm import Storm

MINUTE = 60.0
KNOWN = {"payment.charged", "payment.declined", "payment.mischarged"}
"""What a payment that was asked for comes to."""
PERCENTILES = (50, 95, 99, 99.9)


def figures(
    evidence: Evidence,
    findings: Sequence[Finding],
    crowd: Crowd,
    storms: Sequence[Storm],
    tally: Path,
    observer: Observer,
    counted: Mapping[str, int],
) -> dict[str, Any]:
    ends = Counter((evidence.ended(order) or ["not ended"])[0] for order in evidence.orders)
    kinds: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"count": 0, "in_flight": 0})
    hits = [hit for storm in storms for hit in storm.weather.hits]
    for hit in hits:
        kinds[hit.kind]["count"] += 1
        kinds[hit.kind]["in_flight"] += hit.in_flight
    takeovers = observer.takeovers()
    points = read_tally(tally)
    calm, stormy = _order_seconds(evidence, storms)
    return {
        "seeds": [storm.seed for storm in storms],
        "orders": dict(ends),
        "events": len(evidence.events),
        "duplicates_in_topics": len(evidence.published) - len({message.id for message in evidence.published}),
        "requests": dict(crowd.tried),
        "attempts": len(crowd.attempts),
        "given_up": crowd.given_up,
        "searches_answered": _answered(evidence, "search"),
        "lists_answered": _answered(evidence, "list"),
        "watches_without_an_end": sum(step.op == "watch" and step.kind == "info" for step in evidence.journal),
        "availability": _share(crowd.attempts),
        "availability_of_commands": _share([attempt for attempt in crowd.attempts if attempt.changes]),
        "availability_by_minute": _by_minute(crowd.attempts),
        "faults": dict(kinds),
        "faults_that_failed": [failure for storm in storms for failure in storm.weather.failures],
        "faults_not_possible_here": {kind: why for storm in storms for kind, why in storm.weather.skipped.items()},
        "hits": [hit._asdict() for hit in hits],
        "crash_points": {name: count._asdict() for name, count in points.items()},
        **counted,
        **_unknown_payments(evidence),
        "mutants_killed": mutants_killed(),
        "takeovers": {"count": len(takeovers), **_percentiles(takeovers)},
        "longest_publication_stall": round(observer.stalls(), 2),
        "settled_seconds": _slowest([storm.settled.seconds for storm in storms]),
        "not_settled": {what: count for storm in storms for what, count in storm.settled.left.items() if count},
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
    lines = [
        f"seed {', '.join(map(str, told['seeds']))}: {sum(told['orders'].values())} orders, {told['events']} events"
    ]
    lines.append("  ended: " + ", ".join(f"{count} {end}" for end, count in sorted(told["orders"].items())))
    lines.append(
        f"  duplicates in the topics: {told['duplicates_in_topics']}; redeliveries that consumers passed over: at least"
        f" {told['redeliveries_absorbed']}; batches decided anew: {told['decided_anew']}"
    )
    lines.append(
        f"  payments asked about again, as nobody knew their outcome: {told['unknown_payments']},"
        f" resolved: {told['unknown_payments_resolved']}"
    )
    lines += [
        f"  {kind}: {n['count']}, {n['in_flight']} with work in flight" for kind, n in sorted(told["faults"].items())
    ]
    lines += [
        f"  {kind}: not possible here, as {why}" for kind, why in sorted(told["faults_not_possible_here"].items())
    ]
    lines += [f"  FAULT FAILED: {failure}" for failure in told["faults_that_failed"]]
    lines.append(_of_crash_points(told["crash_points"]))
    lines.append(f"  takeovers: {told['takeovers']}; longest stall {told['longest_publication_stall']} s")
    lines.append(f"  settled after {told['settled_seconds']} s; left: {told['not_settled'] or 'nothing'}")
    lines.append(f"  given up after all tries: {told['given_up']} of {sum(told['requests'].values())}")
    lines.append(f"  answered while they browsed: {told['searches_answered']} searches, {told['lists_answered']} lists")
    lines.append(f"  watched for two minutes without being told an end: {told['watches_without_an_end']}")
    lines.append(
        f"  availability: {told['availability']} of all tries, {told['availability_of_commands']} of commands;"
        f" by minute {told['availability_by_minute']}"
    )
    lines.append(f"  placed to end, calm: {told['placed_to_end_calm']}; stormy: {told['placed_to_end_stormy']}")
    return "\n".join(lines)


def _order_seconds(evidence: Evidence, storms: Sequence[Storm]) -> tuple[list[float], list[float]]:
    calm: list[float] = []
    stormy: list[float] = []
    for order, placed in evidence.orders.items():
        ended = [event for event in evidence.by_order[order] if event.type in evidence.ended(order)]
        if ended:
            took = ended[0].epoch_seconds - placed.epoch_seconds
            (stormy if any(one.began <= placed.epoch_seconds <= one.healed for one in storms) else calm).append(took)
    return calm, stormy


def _unknown_payments(evidence: Evidence) -> dict[str, int]:
    """Charges that the provider was asked about more than once: the platform can't have known what became of them."""
    calls: Counter[str] = Counter()
    for (_, key), count in evidence.calls.items():
        calls[key] += count
    known = {event.key for event in evidence.events if event.type in KNOWN}
    unknown = {
        event.data["provider_key"]: event.key
        for event in evidence.events
        if event.type == "payment.requested" and calls[event.data["provider_key"]] > 1
    }
    return {
        "unknown_payments": len(unknown),
        "unknown_payments_resolved": sum(order in known for order in unknown.values()),
    }


def _of_crash_points(points: Mapping[str, Mapping[str, int]]) -> str:
    died = [name for name, count in points.items() if count["died"]]
    passed = [name for name, count in points.items() if count["passed"]]
    missed = ", ".join(sorted(set(points) - set(passed))) or "none"
    return f"  crash points: {len(died)} of {len(points)} died at, {len(passed)} passed; never passed: {missed}"


def _share(attempts: Sequence[Attempt]) -> float | None:
    return round(sum(attempt.answered for attempt in attempts) / len(attempts), 4) if attempts else None


def _by_minute(attempts: Sequence[Attempt]) -> list[float | None]:
    first = min((attempt.ended for attempt in attempts), default=0.0)
    minutes: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        minutes[int((attempt.ended - first) // MINUTE)].append(attempt)
    return [_share(minutes[minute]) for minute in sorted(minutes)]


def _answered(evidence: Evidence, op: str) -> int:
    return sum(step.op == op and step.kind == "ok" for step in evidence.journal)


def _slowest(seconds: Sequence[float | None]) -> float | None:
    """None if one of them did not come to rest."""
    found = [one for one in seconds if one is not None]
    return round(max(found), 1) if len(found) == len(seconds) else None


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {f"p{p:g}": round(ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))], 3) for p in PERCENTILES}
