"""Spans: where a request and what follows from it spend their time, in one trace from the POST to the read models.

An event carries the trace context of the request that it follows from (`traceparent`), so whoever handles it can say
when, whatever lies between. Nothing is done unless the process was told where spans go (`tracing.py`) and the trace is
sampled; the context decides that, so that a trace is whole or not there.
"""

from __future__ import annotations

import random
import time
from contextvars import ContextVar
from datetime import datetime
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

FIRST_TRACE_ID: Final[ContextVar[int | None]] = ContextVar("first_trace_id", default=None)
"""Of a trace that begins in this process: its id was in the request's context before there was a span."""

Kind = SpanKind


class Spans:
    """Of one process; `SPANS` is the one that counts."""

    def __init__(self) -> None:
        self._tracer: Tracer | None = None
        self._share = 0.0

    def go_to(self, tracer: Tracer | None, share: float = 1.0) -> None:
        self._tracer = tracer
        self._share = share

    @property
    def are_wanted(self) -> bool:
        return self._tracer is not None

    def serve(self, name: str, traceparent: str, *, begins: bool) -> Span | None:
        """A request that has just come in, and its span until it is ended. `begins`: it brought no trace."""
        if self._tracer is None:
            return None
        parent = _parent(traceparent)
        if not (random.random() < self._share if begins else parent.trace_flags.sampled):  # noqa: S311
            return None
        FIRST_TRACE_ID.set(parent.trace_id)
        return self._tracer.start_span(name, Context() if begins else _within(parent), SpanKind.SERVER)

    def note(self, name: str, traceparent: str | None, began: int, kind: SpanKind, **more: str | int) -> None:
        """What has just been done, since `began` in nanoseconds, for an event with this context."""
        if self._tracer is None or traceparent is None or not _is_sampled(traceparent):
            return
        span = self._tracer.start_span(name, _within(_parent(traceparent)), kind, more, start_time=began)
        span.end()


SPANS: Final = Spans()


def traceparent_of(span: Span) -> str:
    """For the events that follow from it."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & TraceFlags.SAMPLED:02x}"


def end(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)
    span.end()


def now() -> int:
    return time.time_ns()


def nanoseconds(time_text: str) -> int:
    """Of a time as events carry it."""
    return int(datetime.fromisoformat(time_text).timestamp() * 1_000_000) * 1000


def _parent(traceparent: str) -> SpanContext:
    _, trace, span, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16) & 1))


def _is_sampled(traceparent: str) -> bool:
    """The last bit; others may be set as well."""
    return traceparent[-1] in "13579bdf"


def _within(parent: SpanContext) -> Context:
    return set_span_in_context(NonRecordingSpan(parent), Context())
