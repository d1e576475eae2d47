"""Decides a batch, one input after the other, as if each had been carried out before the next was looked at.

So two inputs about one order see each other's events, and a hundred orders for one product share what there is of it.
Pure: whoever runs it has locked the levels, loaded the streams, and keeps events and moves in one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from eventing.envelope import NewEvent
from saga_choreography.participant import Heard, Input, Participant, derived_ids


def skus_needed(
    participant: Participant, heard: Iterable[tuple[str, object]], states: Mapping[str, Any]
) -> Sequence[str]:
    """The SKUs to lock, in their order, before these events of these orders are decided on."""
    if participant.stock is None:
        return ()
    found: set[str] = set()
    for key, event in heard:
        found.update(participant.stock.skus(event, states[key]))
    return sorted(found)


class Batch:
    def __init__(self, participant: Participant, states: Mapping[str, Any], levels: Mapping[str, int]) -> None:
        """`states` of the orders' own streams by the orders' ids, `levels` of the SKUs that were locked."""
        self._participant = participant
        self._states = dict(states)
        self._levels = dict(levels)
        self._moved: Counter[str] = Counter()

    def decide(self, key: str, asked: Input, cause: UUID) -> Sequence[NewEvent]:
        """The new events of one order's stream. Whatever it raises, the batch is as it was before."""
        participant = self._participant
        if isinstance(asked, Heard) and participant.stock is not None:
            asked = replace(asked, available=self._levels)
        events = participant.decider.decide(asked, self._states[key])
        state = participant.decider.fold(events, self._states[key])
        moves = self._moves(events)
        self._states[key] = state
        for sku, delta in moves.items():
            self._levels[sku] = self._levels.get(sku, 0) + delta
            self._moved[sku] += delta
        return [NewEvent(*pair) for pair in zip(derived_ids(participant.name, asked, cause), events, strict=False)]

    def _moves(self, events: Iterable[object]) -> Mapping[str, int]:
        moves: Counter[str] = Counter()
        if self._participant.stock is not None:
            for event in events:
                moves.update(self._participant.stock.moves(event))
        return moves

    @property
    def moved(self) -> Mapping[str, int]:
        """By how much the level of each SKU changes, all decisions together; SKUs that stay as they are left out."""
        return {sku: self._moved[sku] for sku in sorted(self._moved) if self._moved[sku]}
