"""What is counted about others. Labels are our own words for them, never anything that they said."""

from __future__ import annotations

from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from eventing.breaker import Breaker, State
from eventing.bulkhead import Bulkhead

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class OutsideMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._attempts = Counter(
            "orderloom_outside_attempts",
            "Requests that went out, by how each ended.",
            ("dependency", "operation", "outcome"),
            registry=self.registry,
        )
        self._questions = Counter(
            "orderloom_outside_questions",
            "Questions, by what is known after all attempts.",
            ("dependency", "operation", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "orderloom_outside_attempt_seconds",
            "How long one request took, whatever came of it.",
            ("dependency", "operation"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._alarms = Counter(
            "orderloom_outside_alarms",
            "Answers that contradict what was asked. Any is worth a look.",
            ("dependency", "operation"),
            registry=self.registry,
        )
        self._turns = Counter(
            "orderloom_outside_breaker_turns",
            "How often the breaker came into a state.",
            ("dependency", "state"),
            registry=self.registry,
        )
        self._state = self._gauge("breaker_state", "1 for the state in which the breaker is.", "state")
        self._places = self._gauge("bulkhead_places", "Questions that are under way or wait for a place.", "state")
        self._refused = self._gauge("bulkhead_refused", "Questions for which there was no place.")

    def watch(self, dependency: str, breaker: Breaker, bulkhead: Bulkhead) -> None:
        """Read when somebody asks for the metrics, and not kept up with each question."""
        for state in State:
            self._state.labels(dependency, state).set_function(partial(_is_in, breaker, state))
        self._places.labels(dependency, "in_use").set_function(lambda: bulkhead.in_use)
        self._places.labels(dependency, "waiting").set_function(lambda: bulkhead.waiting)
        self._refused.labels(dependency).set_function(lambda: bulkhead.refused)

    def attempted(self, dependency: str, operation: str, outcome: str, seconds: float) -> None:
        self._attempts.labels(dependency, operation, outcome).inc()
        self._seconds.labels(dependency, operation).observe(seconds)

    def settled(self, dependency: str, operation: str, outcome: str) -> None:
        self._questions.labels(dependency, operation, outcome).inc()

    def alarmed(self, dependency: str, operation: str) -> None:
        self._alarms.labels(dependency, operation).inc()

    def turned(self, dependency: str, state: State) -> None:
        self._turns.labels(dependency, state).inc()

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"orderloom_outside_{name}", words, ("dependency", *labels), registry=self.registry)


def _is_in(breaker: Breaker, state: State) -> float:
    return float(breaker.state is state)
