"""What operators rely on: I20, I21, I23."""

from __future__ import annotations

import hashlib

from tests.soak.checker.evidence import Evidence
from tests.soak.checker.finding import Finding


def nothing_parked(evidence: Evidence) -> Finding:
    finding = Finding("I21", "nothing is left parked")
    for consumer, key, code, cause in evidence.tables.get("parked", ()):
        finding.check(False, f"{consumer} parked {key}: {code}: {cause}: {evidence.history(key)}")
    finding.looked_at = max(finding.looked_at, 1)
    return finding


def history_kept(evidence: Evidence) -> Finding:
    """The driver writes down digests of the log's beginning while the storm goes on."""
    finding = Finding("I23", "what was once written in the log is never changed")
    digest, at = hashlib.sha256(), 0
    noted = {step.facts["position"]: step.facts["digest"] for step in evidence.journal if step.op == "digest"}
    for event in evidence.events:
        digest.update(f"{event.position} {event.id} ".encode() + event.body)
        at = event.position
        if at in noted:
            finding.check(digest.hexdigest() == noted[at], f"the log up to position {at} is not what it was")
    if not noted:
        finding.skipped = "no digest was taken during the run"
    return finding


def store_verified(evidence: Evidence) -> Finding:
    finding = Finding("I20", "snapshots equal the fold of their streams, as the store's own verification says")
    told = [step for step in evidence.journal if step.op == "store_verify"]
    for step in told:
        finding.check(step.kind == "ok", f"orders store verify: {step.facts.get('text', '')[:500]}")
    if not told:
        finding.skipped = "it was not run"
    return finding


INVARIANTS = (store_verified, nothing_parked, history_kept)
