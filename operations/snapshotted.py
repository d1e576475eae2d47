"""Which streams' states are kept in snapshots: every `Snapshotted` beside an aggregate. A new one is found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from eventing.discovery import modules_of
from eventing.snapshots import Snapshotted


def snapshotted() -> Sequence[Snapshotted[Any]]:
    aggregates = import_module("command_service.aggregates")
    return [
        value for module in modules_of(aggregates) for value in vars(module).values() if isinstance(value, Snapshotted)
    ]
