"""In which conversation a request stands: its id, its trace and its correlation id, checked before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from eventing.telemetry.traceparent import new_trace, parse_traceparent

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class RequestContext(NamedTuple):
    request_id: str
    trace_id: str
    traceparent: str
    correlation_id: UUID
    begins: bool = False
    """Whether the trace begins with this request."""


def context_of(headers: Iterable[tuple[bytes, bytes]]) -> RequestContext:
    """What came in, where it is fit to be logged and stored; else something new in its place."""
    request_id = correlation = trace = None
    for name, value in headers:
        if name == b"traceparent":
            trace = parse_traceparent(value.decode("latin-1"))
        elif name == b"x-request-id":
            request_id = _checked(_REQUEST_ID, value)
        elif name == b"x-correlation-id":
            correlation = _checked(_UUID, value)
    begins = trace is None
    trace = trace or new_trace()
    return RequestContext(
        request_id or trace.trace_id,
        trace.trace_id,
        trace.parent,
        # Without a correlation id of its own a conversation is named by its trace.
        UUID(correlation or trace.trace_id),
        begins,
    )


def _checked(pattern: re.Pattern[str], value: bytes) -> str | None:
    text = value.decode("latin-1")
    return text if pattern.fullmatch(text) else None
