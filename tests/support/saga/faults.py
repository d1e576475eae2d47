"""What goes wrong in a seed. Each seed draws its own mix, many of them none of a kind: rare paths need calm ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.saga import asking
from tests.support.saga.outside import Nature

Ask = Callable[[Any, str], asking.Command | None]


class Faults(NamedTuple):
    crashes: float
    republishes: float
    zombies: float
    timeouts: float
    lost_replies: float
    repeats: float
    late: float
    """An event is set aside by an operator and handled much later, behind its successors: what no rule provides for."""
    discards: float
    """An event is thrown away by an operator: the order may stand still until it is forced back."""
    nature: Nature
    asks: tuple[tuple[Ask, float], ...]

    @classmethod
    def drawn(cls, rng: random.Random) -> Faults:
        def some(most: float, often: float = 0.6) -> float:
            return rng.random() * most if rng.random() < often else 0.0

        return cls(
            crashes=some(0.5),
            republishes=some(0.4),
            zombies=some(1.0),
            timeouts=some(0.5),
            lost_replies=some(0.7),
            repeats=some(0.7),
            late=some(0.3, 0.2),
            discards=some(0.1, 0.15),
            nature=Nature(some(0.5, 0.4), some(0.5, 0.4), some(0.6, 0.2)),
            asks=(
                (asking.cancellation, some(1.0, 0.5)),
                (asking.address_change, some(1.0)),
                (asking.deadline, some(0.4, 0.4)),
                (asking.force, some(0.3, 0.2)),
            ),
        )

    @classmethod
    def clumsy(cls, rng: random.Random) -> Faults:
        """An operator throws away what the way back needs, and forces it."""
        asks = ((asking.cancellation, 0.7), (asking.deadline, 0.3), (asking.force, 0.7))
        return cls.drawn(rng)._replace(late=0.05, discards=0.2, asks=asks)

    def asked(self, rng: random.Random) -> Ask | None:
        ask, likely = rng.choice(self.asks)
        return ask if rng.random() < likely else None
