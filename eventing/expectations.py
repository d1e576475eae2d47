"""When a stream is at the version that somebody believed in."""

from __future__ import annotations

from eventing.event_store import ANY_VERSION, STREAM_EXISTS


def holds(expected: int, actual: int) -> bool:
    """`append_events.sql` says the same in SQL."""
    if expected == ANY_VERSION:
        return True
    return actual > 0 if expected == STREAM_EXISTS else actual == expected
