"""What there is to see: written by the threads of the demo, read by its screen."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

REMEMBERED: Final = 8
"""Happenings that stay on the screen."""


@dataclass(slots=True)
class Board:
    commands: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    happenings: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    stored: int = 0
    """Events in the store since the demo began."""
    published: int = 0
    """Different ones of them that came out of Kafka."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_command(self, outcome: str) -> None:
        with self._lock:
            self.commands[outcome] += 1

    def count_event(self, event_type: str) -> None:
        with self._lock:
            self.events[event_type] += 1

    def tell(self, happening: str) -> None:
        self.happenings.append(happening)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Commands by outcome and events by type, as of one moment."""
        with self._lock:
            return dict(self.commands), dict(self.events)

    @property
    def lag(self) -> int:
        return max(0, self.stored - self.published)
