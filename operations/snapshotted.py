"""Which streams' states are kept in snapshots: every `LongStreams` beside an aggregate. A new one is found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from eventing.avro.states import snapshotted as compiled
from eventing.discovery import values_of
from eventing.snapshots import LongStreams, Snapshotted


def snapshotted() -> Sequence[Snapshotted[Any]]:
    aggregates = import_module("command_service.aggregates")
    return [compiled(declared) for declared in values_of(aggregates, LongStreams)]
