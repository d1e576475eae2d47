"""What a fault is, and what it needs: the platform, chance, and patience that ends when the storm does."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import NamedTuple

from tests.soak.platform import Platform


class NotHere(Exception):
    """This machine does not allow it; the sentence says why."""


class Fault(NamedTuple):
    kind: str
    weight: int
    """How many cards of it a deck has."""
    act: Callable[[Storm], str]
    """Does it, and says to whom."""
    at_length: bool = False
    """Takes as long as an operator's work does, so that others must not wait for it."""


@dataclass
class Storm:
    platform: Platform
    chance: random.Random
    over: Event

    def hold(self, shortest: float, longest: float) -> None:
        self.over.wait(self.chance.uniform(shortest, longest))

    def child(self, *parts: str) -> str:
        """One that runs and is not frozen, of these parts or of any."""
        found = [
            name
            for name, child in sorted(self.platform.children.items())
            if child.runs and not child.frozen and (not parts or name.startswith(parts))
        ]
        return self.chance.choice(found) if found else ""

    def road(self, *servers: str) -> str:
        return self.chance.choice(
            [name for name in sorted(self.platform.proxies) if not servers or name.startswith(servers)]
        )
