"""What a relay tells Prometheus: read when somebody asks, and not kept up with each event."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outbox_relay.pulse import Pulse


class RelayMetrics(Collector):
    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def collect(self) -> Iterator[Metric]:
        pulse = self._pulse
        standing = pulse.standing
        leads = pulse.epoch is not None
        checkpoint = max(pulse.checkpoint, standing.checkpoint)
        yield _gauge("leading", "1 while this process leads.", int(leads))
        yield _gauge("epoch", "The epoch under which it leads; 0 while it does not.", pulse.epoch or 0)
        yield _gauge("checkpoint_position", "Everything up to it is in Kafka.", checkpoint)
        yield _gauge("log_head_position", "The last position of the log.", standing.head)
        yield _gauge("lag_events", "Events that are committed and not behind the checkpoint.", standing.lag_events)
        yield _gauge("lag_seconds", "The age of the oldest of them.", standing.lag_seconds)
        yield _gauge("events_per_second", "How fast this process publishes, lately.", pulse.rate)
        yield _gauge("in_trouble", "1 while something stands in the way.", int(pulse.error is not None))
        yield _counter("published", "Events this process published.", pulse.published)
        yield _counter("failures", "Things that went wrong and were tried again.", pulse.failures)
        yield _counter("tenures", "Times that this process began to lead.", pulse.tenures)


def registry(pulse: Pulse) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(RelayMetrics(pulse))
    return made


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"orderloom_relay_{name}", words, value)


def _counter(name: str, words: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"orderloom_relay_{name}", words, value)
