"""The way back is one chain: whoever is undone lets the next one know, from the carrier to the customer.

It is entered where the trouble is. Being undone is for good, so whoever looks may look late: at worst the way back is
entered a step too early, where it is told to undo what is undone already, and does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from saga_choreography.participant import Participant

CHAIN: Final = ("shipping", "payment", "inventory", "order")


def entrance(participants: Mapping[str, Participant], streams: Mapping[str, Sequence[object]]) -> str:
    """The first step on the way back that isn't undone yet, by the events of the order's streams by category.

    `order` when all others are: then only the end is missing.
    """
    for name in CHAIN[:-1]:
        if not participants[name].is_undone(streams.get(participants[name].category, ())):
            return name
    return CHAIN[-1]
