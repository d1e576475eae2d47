"""All invariants over one run's evidence."""

from __future__ import annotations

from collections.abc import Sequence

from tests.soak.checker.evidence import Evidence
from tests.soak.checker.finding import Finding
from tests.soak.checker.invariants import care, clients, log, orders, views

INVARIANTS = (*log.INVARIANTS, *orders.INVARIANTS, *clients.INVARIANTS, *views.INVARIANTS, *care.INVARIANTS)


def judge(evidence: Evidence) -> Sequence[Finding]:
    found = [invariant(evidence) for invariant in INVARIANTS]
    return sorted(found, key=lambda finding: int(finding.invariant.split("+")[0][1:]))


def as_text(findings: Sequence[Finding], most: int = 20) -> str:
    lines = []
    for finding in findings:
        state = f"not checked: {finding.skipped}" if finding.skipped else f"{len(finding.violations)} violations"
        lines.append(f"{finding.invariant:7} {finding.looked_at:9,} looked at, {state:16} {finding.sentence}")
        lines += [f"        {violation}" for violation in finding.violations[:most]]
        if len(finding.violations) > most:
            lines.append(f"        and {len(finding.violations) - most} more")
    return "\n".join(lines)
