"""The one shape of a decision: an input and a state give events; a state and an event give the next state.

Aggregates decide on commands, saga participants on other people's events. Both are pure: the clock, ids, prices
and replies of the outside world come in as data inside the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - the names of the type: input, state, event
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[I, S, E]):
    initial: S
    decide: Callable[[I, S], Sequence[E]]
    """An empty sequence is a full answer: there is nothing to do. A refusal is raised as `eventing.errors.Refusal`."""
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        current = self.initial if state is None else state
        for event in events:
            current = self.evolve(current, event)
        return current
