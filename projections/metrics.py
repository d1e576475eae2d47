"""What projections tell Prometheus: read when somebody asks, and not kept up with each event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from projections.projector import Projection
from projections.standing import Standing

STATES = ("starting", "running", "paused", "lost", "failed")
LABELS = ("model", "build")

_GAUGES: Sequence[tuple[str, str, Callable[[Standing], float]]] = (
    ("lag_events", "Messages in Kafka that are not in the read model.", lambda one: one.lag_events),
    ("lag_seconds", "How long it has not been level with Kafka.", lambda one: one.lag_seconds),
    ("events_per_second", "How fast this process takes events in, lately.", lambda one: one.rate),
    ("parked_keys", "Keys of which events wait for an operator.", lambda one: one.parked_keys),
)
_COUNTERS: Sequence[tuple[str, str, Callable[[Standing], float]]] = (
    ("events", "Events this process took in.", lambda one: one.events),
    ("redelivered", "Events that came once more and were passed over.", lambda one: one.redelivered),
    ("documents", "Documents this process wrote.", lambda one: one.documents),
    ("parked", "Events this process parked.", lambda one: one.parked),
    ("failures", "Things that went wrong and were tried again.", lambda one: one.failures),
    ("cache_hits", "Documents that need not be asked of the store.", lambda one: one.hits),
    ("cache_misses", "Documents that had to be asked of the store.", lambda one: one.misses),
)


class ProjectionMetrics(Collector):
    def __init__(self, projections: Callable[[], Sequence[Projection]]) -> None:
        self._projections = projections

    def collect(self) -> Iterator[Metric]:
        found = [((one.model.name, one.build.tag), one.standing) for one in self._projections()]
        for name, words, read in _GAUGES:
            gauge = GaugeMetricFamily(f"orderloom_projection_{name}", words, labels=LABELS)
            for labels, standing in found:
                gauge.add_metric(labels, read(standing))
            yield gauge
        for name, words, read in _COUNTERS:
            counter = CounterMetricFamily(f"orderloom_projection_{name}", words, labels=LABELS)
            for labels, standing in found:
                counter.add_metric(labels, read(standing))
            yield counter
        yield _states(found)
        yield from _positions(found)


def registry(projections: Callable[[], Sequence[Projection]]) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(ProjectionMetrics(projections))
    return made


def _states(found: Sequence[tuple[tuple[str, str], Standing]]) -> Metric:
    gauge = GaugeMetricFamily("orderloom_projection_state", "1 for the state it is in.", labels=(*LABELS, "state"))
    for labels, standing in found:
        for state in STATES:
            gauge.add_metric((*labels, state), int(standing.state == state))
    return gauge


def _positions(found: Sequence[tuple[tuple[str, str], Standing]]) -> Iterator[Metric]:
    where = (*LABELS, "topic", "partition")
    applied = GaugeMetricFamily(
        "orderloom_projection_applied_position", "Everything up to it is written.", labels=where
    )
    searchable = GaugeMetricFamily(
        "orderloom_projection_searchable_position", "Everything up to it is found by queries.", labels=where
    )
    for labels, standing in found:
        for (topic, number), mark in dict(standing.marks).items():
            applied.add_metric((*labels, topic, str(number)), mark.position)
        for (topic, number), position in dict(standing.searchable).items():
            searchable.add_metric((*labels, topic, str(number)), position)
    yield applied
    yield searchable
