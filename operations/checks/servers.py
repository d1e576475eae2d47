"""All servers asked at once, each within three seconds."""

from __future__ import annotations

import importlib
import queue
import threading
import time
from collections.abc import Sequence
from typing import Final

from eventing.errors import Misconfigured
from eventing.settings import Settings
from operations.checks import elasticsearch, kafka, postgres, redis, registry
from operations.checks.finding import Check, Finding

SERVER_CHECKS: Final = (postgres.CHECK, kafka.CHECK, elasticsearch.CHECK, redis.CHECK, registry.CHECK)
BOUND: Final = 3.0


def check_servers(settings: Settings, names: Sequence[str] | None = None) -> list[Finding]:
    """A finding for each server named, in the order of `SERVER_CHECKS`; all of them when none is named."""
    return run_at_once([check for check in SERVER_CHECKS if names is None or check.name in names], settings)


def demand_servers(settings: Settings, names: Sequence[str] | None = None) -> list[Finding]:
    """What is called before anything starts: all sentences on what is wrong come as one error."""
    found = check_servers(settings, names)
    if wrong := [finding.says for finding in found if not finding.ok]:
        raise Misconfigured("\n".join(wrong))
    return found


def run_at_once(checks: Sequence[Check], settings: Settings, *, bound: float = BOUND) -> list[Finding]:
    """Daemon threads, because a driver that hangs must not keep the process from ending."""
    for driver in {driver for check in checks for driver in check.drivers}:
        importlib.import_module(driver)
    found: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    for check in checks:
        threading.Thread(target=lambda check=check: found.put(check.run(settings)), daemon=True).start()
    findings: dict[str, Finding] = {}
    end = time.monotonic() + bound
    while len(findings) < len(checks):
        try:
            finding = found.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        findings[finding.name] = finding
    return [findings.get(check.name) or _silent(check, bound) for check in checks]


def _silent(check: Check, bound: float) -> Finding:
    says = f"{check.name} does not answer within {bound:g} s: look into its log, or restart it."
    return Finding(check.name, ok=False, says=says)
