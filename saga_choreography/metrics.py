"""What the saga's workers tell Prometheus: read when somebody asks, and not kept up with each event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from saga_choreography.pulse import Pulse


class Figure(NamedTuple):
    name: str
    words: str
    value: Callable[[Pulse], float]


GAUGES: Final = (
    Figure("partitions", "Partitions that this process reads.", lambda pulse: pulse.partitions),
    Figure("lag_records", "Records in those partitions that are not read yet.", lambda pulse: pulse.lag),
    Figure("position", "The log's position of the last event that was read.", lambda pulse: pulse.position),
    Figure("events_per_second", "How fast events are handled, lately.", lambda pulse: pulse.rate),
    Figure("parked_keys", "Orders that wait behind a parked event.", lambda pulse: pulse.keys_waiting),
    Figure("open_intents", "Questions to the outside without an answer.", lambda pulse: pulse.intents),
    Figure("rejected_intents", "Those that an operator has to look at.", lambda pulse: pulse.intents_rejected),
    Figure("oldest_intent_seconds", "The age of the oldest of them.", lambda pulse: pulse.oldest_intent),
    Figure("in_trouble", "1 while something stands in the way.", lambda pulse: int(pulse.error is not None)),
)
COUNTERS: Final = (
    Figure("events_handled", "Events that were heard and handled.", lambda pulse: pulse.events),
    Figure("events_redelivered", "Events that came once more and were passed over.", lambda pulse: pulse.redelivered),
    Figure("events_produced", "Events that were appended for them.", lambda pulse: pulse.produced),
    Figure("events_parked", "Events that could not be handled, or queued behind one.", lambda pulse: pulse.parked),
    Figure("conflicts", "Transactions that were decided anew.", lambda pulse: pulse.conflicts),
    Figure("batches", "Batches that were handled.", lambda pulse: pulse.batches),
    Figure("batch_seconds", "The time they took.", lambda pulse: pulse.batch_seconds),
    Figure("rebalances", "Times that partitions were assigned.", lambda pulse: pulse.rebalances),
    Figure("failures", "Things that went wrong and were tried again.", lambda pulse: pulse.failures),
    Figure("answers", "Definite answers of the outside.", lambda pulse: pulse.answers),
    Figure("postponed", "Questions that were asked without a definite answer.", lambda pulse: pulse.postponed),
    Figure("deadlines_fired", "Orders that were sent back because a deadline passed.", lambda p: p.deadlines_fired),
)


class SagaMetrics(Collector):
    def __init__(self, pulses: Sequence[Pulse]) -> None:
        self._pulses = pulses

    def collect(self) -> Iterator[Metric]:
        for figure in GAUGES:
            gauge = GaugeMetricFamily(f"orderloom_saga_{figure.name}", figure.words, labels=["participant"])
            for pulse in self._pulses:
                gauge.add_metric([pulse.name], figure.value(pulse))
            yield gauge
        for figure in COUNTERS:
            counter = CounterMetricFamily(f"orderloom_saga_{figure.name}", figure.words, labels=["participant"])
            for pulse in self._pulses:
                counter.add_metric([pulse.name], figure.value(pulse))
            yield counter


def registry(pulses: Sequence[Pulse]) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(SagaMetrics(pulses))
    return made
