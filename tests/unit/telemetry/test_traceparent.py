"""Trace contexts: the same ones count as for OpenTelemetry's own propagator."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from eventing.telemetry.traceparent import new_trace, parse_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def oracle(text: str) -> str | None:
    """The trace id that OpenTelemetry reads, or none."""
    context = trace.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": text})).get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


@pytest.mark.parametrize(
    "text",
    [
        f"00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-00",
        f"cc-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        "",
        "00",
    ],
)
def test_the_same_contexts_count_as_for_opentelemetry(text: str) -> None:
    found = parse_traceparent(text)
    assert (found and found.trace_id) == oracle(text)


@given(st.from_regex(r"\A[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z", alphabet=string.printable))
def test_whatever_is_well_formed_counts_the_same(text: str) -> None:
    found = parse_traceparent(text)
    assert (found and found.trace_id) == oracle(text)


@given(st.text(max_size=80))
def test_whatever_it_is_reading_it_does_no_harm(text: str) -> None:
    found = parse_traceparent(text)
    assert found is None or found.parent.isascii()


def test_what_is_passed_on_is_a_context_again() -> None:
    for made in (new_trace(), parse_traceparent(f"cc-{TRACE}-{SPAN}-01-more")):
        assert made is not None
        again = parse_traceparent(made.parent)
        assert again == made
        assert oracle(made.parent) == made.trace_id


def test_no_two_traces_are_the_same() -> None:
    assert len({new_trace().trace_id for _ in range(1000)}) == 1000
