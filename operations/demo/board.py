"""What there is to see: written by the threads of the demo, read by its screen."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from eventing.streams import key_of

REMEMBERED: Final = 6
"""Happenings that stay on the screen."""


STATES: Final = {
    "order.placed": "placed",
    "inventory.reserved": "stock set aside",
    "payment.requested": "asking for money",
    "payment.charged": "paid",
    "shipping.requested": "asking for a label",
    "shipping.label_created": "label there",
    "order.cancellation_requested": "going back",
    "order.timed_out": "going back",
    "inventory.rejected": "going back",
    "payment.declined": "going back",
    "shipping.failed": "going back",
    "order.confirmed": "confirmed",
    "order.failed": "failed",
    "order.cancelled": "cancelled",
}
"""What the last event of an order says of it, in the order of its way."""
NOTABLE: Final = {
    "inventory.rejected": "there is not enough in stock",
    "payment.declined": "the card is declined",
    "payment.mischarged": "the provider took something else than was asked",
    "payment.refunded": "the money is given back",
    "shipping.failed": "the carrier does not go there",
    "shipping.label_voided": "the label is void",
    "inventory.released": "what was set aside is free again",
    "order.timed_out": "a step took too long",
    "order.failed": "ended, undone",
    "order.cancelled": "ended, cancelled",
}
"""Events of the way back, in words; the way forward goes by too fast to be read."""
ENDED: Final = frozenset({"confirmed", "failed", "cancelled"})


@dataclass(slots=True)
class Board:
    commands: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    """Of each order placed since the demo began."""
    projection_lag: int | None = None
    """Events that some read model has still to take in."""
    scene: str = ""
    """What is being done to the platform right now."""
    happenings: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    stored: int = 0
    """Events in the store since the demo began."""
    published: int = 0
    """Different ones of them that came out of Kafka."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_command(self, outcome: str) -> None:
        with self._lock:
            self.commands[outcome] += 1

    def count_event(self, event_type: str, stream: str) -> None:
        order = key_of(stream)
        with self._lock:
            self.events[event_type] += 1
            state = STATES.get(event_type)
            if event_type in NOTABLE:
                self.happenings.append(f"order {order[-6:]}: {NOTABLE[event_type]}")
            if state and (event_type == "order.placed" or order in self.states) and self.states.get(order) not in ENDED:
                self.states[order] = state

    def orders_by_state(self) -> list[tuple[str, int]]:
        """In the order of an order's way."""
        with self._lock:
            counts = Counter(self.states.values())
        return [(state, counts[state]) for state in dict.fromkeys(STATES.values()) if counts[state]]

    def open_orders(self) -> int:
        return sum(count for state, count in self.orders_by_state() if state not in ENDED)

    def tell(self, happening: str) -> None:
        self.happenings.append(happening)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Commands by outcome and events by type, as of one moment."""
        with self._lock:
            return dict(self.commands), dict(self.events)

    @property
    def lag(self) -> int:
        return max(0, self.stored - self.published)
