"""A span is made where the trace is sampled and somebody wants it, and stands in the request's trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from eventing.errors import Misconfigured
from eventing.settings import TracingSettings
from eventing.telemetry.spans import Kind, Spans, end, nanoseconds, now, traceparent_of
from eventing.telemetry.traceparent import new_trace, parse_traceparent
from eventing.telemetry.tracing import FileExporter, FirstIds, configure_tracing

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOT_SAMPLED = SAMPLED[:-1] + "0"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(kept: InMemorySpanExporter) -> Iterator[Spans]:
    provider = TracerProvider(id_generator=FirstIds())
    provider.add_span_processor(SimpleSpanProcessor(kept))
    made = Spans()
    made.go_to(provider.get_tracer("test"))
    yield made
    provider.shutdown()


def test_a_request_that_brings_a_trace_goes_on_in_it(spans: Spans, kept: InMemorySpanExporter) -> None:
    span = spans.serve("POST /v1/orders", SAMPLED, begins=False)
    assert span is not None
    after = traceparent_of(span)
    spans.note("inventory hears order.placed", after, now(), Kind.CONSUMER, position=1)
    end(span, 201)

    heard, served = finished(kept)
    assert f"{served.context.trace_id:032x}" == SAMPLED.split("-")[1]
    assert served.parent is not None
    assert f"{served.parent.span_id:016x}" == SAMPLED.split("-")[2]
    assert heard.parent is not None
    assert heard.parent.span_id == served.context.span_id
    assert parse_traceparent(after) is not None


def test_a_trace_that_begins_here_has_the_id_of_the_request(spans: Spans, kept: InMemorySpanExporter) -> None:
    trace = new_trace()

    span = spans.serve("GET /v1/orders", trace.parent, begins=True)
    assert span is not None
    end(span, 503)

    (served,) = finished(kept)
    assert f"{served.context.trace_id:032x}" == trace.trace_id
    assert served.parent is None
    assert not served.status.is_ok
    assert traceparent_of(span).endswith("-01")


@pytest.mark.parametrize("traceparent", [NOT_SAMPLED, None])
def test_what_is_not_sampled_costs_nothing(spans: Spans, kept: InMemorySpanExporter, traceparent: str | None) -> None:
    spans.note("payment hears inventory.reserved", traceparent, now(), Kind.CONSUMER)

    assert finished(kept) == ()
    assert spans.serve("GET /v1/orders", NOT_SAMPLED, begins=False) is None


def test_of_those_that_begin_here_a_share_is_sampled(spans: Spans) -> None:
    spans._share = 0.0

    assert spans.serve("GET /v1/orders", new_trace().parent, begins=True) is None
    assert spans.serve("GET /v1/orders", SAMPLED, begins=False) is not None


def test_unless_somebody_wants_them_there_are_none() -> None:
    configure_tracing(TracingSettings(), "nobody")

    assert not Spans().are_wanted
    assert Spans().serve("GET /v1/orders", SAMPLED, begins=False) is None


def test_a_file_has_a_line_for_each(spans: Spans, kept: InMemorySpanExporter, tmp_path: Path) -> None:
    for name in ("first", "second"):
        spans.note(name, SAMPLED, now(), Kind.PRODUCER)

    FileExporter(tmp_path / "spans").export(finished(kept))
    FileExporter(tmp_path / "spans").export(finished(kept)[:1])

    lines = (tmp_path / "spans").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["first", "second", "first"]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="ORDERS_TRACING__FILE"):
        FileExporter(tmp_path / "nowhere" / "spans")


def test_times_of_events_are_understood() -> None:
    assert nanoseconds("1970-01-01 00:00:01.500000+00") == 1_500_000_000


def finished(kept: InMemorySpanExporter) -> tuple[ReadableSpan, ...]:
    return tuple(kept.get_finished_spans())
