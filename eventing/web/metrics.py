"""What the edge counts. Labels are made of routes, methods and statuses that we know, never of what a caller sent."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from eventing.web.concurrency_limit import ConcurrencyLimit

OTHER_ROUTE: Final = "other"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class HttpMetrics:
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._requests = Counter(
            "orderloom_http_requests",
            "Answered requests.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "orderloom_http_request_duration_seconds",
            "From the last header of a request to the last byte handed over of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "orderloom_http_requests_in_flight", "Requests that are being worked on.", registry=self.registry
        )
        self.turned_away = Counter(
            "orderloom_http_turned_away",
            "Requests turned away before their work began.",
            ("reason",),
            registry=self.registry,
        )
        self.limiter_fallbacks = Counter(
            "orderloom_rate_limit_local_verdicts",
            "Verdicts given by the local buckets because Redis did not answer.",
            registry=self.registry,
        )
        self.concurrency_limit = Gauge(
            "orderloom_http_concurrency_limit", "Requests that may be worked on at once, now.", registry=self.registry
        )
        # labels() takes a lock and builds a tuple of strings each time: the few combinations are kept.
        self._kept: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def watch(self, concurrency: ConcurrencyLimit) -> None:
        """Read when somebody asks for the metrics, and not kept up with each request."""
        self.in_flight.set_function(lambda: concurrency.in_flight)
        self.concurrency_limit.set_function(lambda: concurrency.limit)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        kept = self._kept.get((method, route, status))
        if kept is None:
            kept = self._keep(method, route, status)
        kept[0].inc()
        kept[1].observe(seconds)

    def _keep(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        known = method if method in _METHODS else "OTHER"
        children = self._requests.labels(known, route, str(status)), self._seconds.labels(known, route)
        if known == method:
            self._kept[method, route, status] = children
        return children
