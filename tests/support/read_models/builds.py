"""Builds as the table of builds would have them."""

from __future__ import annotations

from datetime import UTC, datetime

from projections.generations import Build, State


def build(*, number: int = 1, state: State = "live", model: str = "order_search") -> Build:
    return Build(model, 1, number, state, "digest", "identity", datetime(2026, 11, 26, tzinfo=UTC))
