"""What the processes tell Prometheus, added up over all their lives: a process that dies begins again at zero."""

from __future__ import annotations

import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from tests.soak.platform import Platform

EVERY_SECONDS = 2.0
"""What a process counted after the last look before its death is not in the sum: it is a lower bound."""
PATIENCE = 0.5
COUNTERS = {
    "orderloom_saga_events_redelivered_total": "redeliveries_absorbed",
    "orderloom_projection_redelivered_total": "redeliveries_absorbed",
    "orderloom_saga_conflicts_total": "decided_anew",
    "orderloom_saga_postponed_total": "asked_without_an_answer",
}


class Sums:
    """Of counters that fall back to zero now and then."""

    def __init__(self) -> None:
        self._over: defaultdict[str, float] = defaultdict(float)
        self._last: dict[tuple[str, str], float] = {}

    def look(self, process: str, counted: Iterable[tuple[str, float]]) -> None:
        now: defaultdict[str, float] = defaultdict(float)
        for name, value in counted:
            now[name] += value
        for name, value in now.items():
            before = self._last.get((process, name), 0.0)
            if value < before:
                self._over[name] += before
            self._last[process, name] = value

    def totals(self) -> dict[str, int]:
        found = dict.fromkeys(COUNTERS.values(), 0)
        for name, value in (*self._over.items(), *((name, value) for (_, name), value in self._last.items())):
            found[name] += int(value)
        return found


class Scraper:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sums = Sums()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._scrape, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> dict[str, int]:
        self._over.set()
        self._thread.join(30)
        self._look_at_all()
        return self._sums.totals()

    def _scrape(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._look_at_all()

    def _look_at_all(self) -> None:
        for name in self._platform.telling():
            try:
                with urllib.request.urlopen(f"{self._platform.address(name)}/metrics", timeout=PATIENCE) as answer:
                    text = answer.read().decode()
            except OSError:
                continue  # it is down, or frozen, or busy: next time
            self._sums.look(name, counted(text))


def counted(text: str) -> list[tuple[str, float]]:
    return [
        (COUNTERS[sample.name], sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in COUNTERS
    ]
