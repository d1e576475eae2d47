"""Everything that a run left behind, read once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

TERMINAL = {"order.confirmed", "order.failed", "order.cancelled"}


class Event(NamedTuple):
    position: int
    stream: str
    version: int
    id: str
    type: str
    schema_version: int
    epoch_seconds: float
    body: bytes
    data: Mapping[str, Any]

    @property
    def key(self) -> str:
        return self.stream.partition("-")[2]


class Published(NamedTuple):
    """A message of an event topic."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    id: str
    stream: str
    version: int
    position: int
    epoch: int


class Effect(NamedTuple):
    """A line of a ledger of the outside world."""

    position: int
    operation: str
    key: str
    status: str
    reference: str
    undoes: str | None
    order_id: str | None
    amount: int
    currency: str


class Step(NamedTuple):
    """A line of the journal: what a client was about to do, or what came of it."""

    t: float
    client: str
    call: int
    op: str
    kind: str
    """invoke, ok, fail (definitely not done) or info (nobody knows)."""
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    events: Sequence[Event]
    published: Sequence[Published]
    journal: Sequence[Step]
    payments: Sequence[Effect] = ()
    labels: Sequence[Effect] = ()
    calls: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How often each operation of the outside world was called, by operation and key."""
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Rows of strongly consistent tables, and how far relays and consumers have come."""
    views: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Read model → document id → document."""
    partitions: int = 6

    @cached_property
    def by_order(self) -> Mapping[str, Sequence[Event]]:
        """Everything about an order, in the log's order."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            if not event.stream.startswith(("stock-", "product-")):
                found[event.key].append(event)
        return found

    @cached_property
    def orders(self) -> Mapping[str, Event]:
        return {event.key: event for event in self.events if event.type == "order.placed"}

    def ended(self, order: str) -> list[str]:
        return [event.type for event in self.by_order[order] if event.type in TERMINAL]

    def history(self, order: str) -> str:
        """For people who look for the cause."""
        told = [f"{e.position}:{e.stream.partition('-')[0]}@{e.version} {e.type}" for e in self.by_order.get(order, ())]
        money = [f"{e.operation} {e.status} {e.amount}" for e in self.payments if e.order_id == order]
        return " | ".join([*told, *money])


def read_journal(folder: Path) -> list[Step]:
    """Of all clients; a last line that was cut off by a kill says nothing."""
    steps = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_bytes().split(b"\n"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            steps.append(Step(found["t"], found["client"], found["call"], found["op"], found["kind"], found))
    return sorted(steps, key=lambda step: step.t)
