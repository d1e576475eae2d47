"""Given these events, when this is asked, then those events: deciders told in the words of the domain.

scenario(ORDER).given(placed).when(RequestCancellation(...)).then(cancellation_requested)
scenario(ORDER).given(placed, confirmed).when(RequestCancellation(...)).then_refused("order_ended")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from eventing.decider import Decider
from eventing.errors import Refusal

I = TypeVar("I")  # noqa: E741 - as in eventing.decider: input, state, event
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[E]):
    events: Sequence[E]
    refusal: Refusal | None

    def then(self, *expected: E) -> None:
        assert self.refusal is None, f"refused: {self.refusal}"
        assert tuple(self.events) == expected

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, code: str, **facts: object) -> None:
        assert self.refusal is not None, f"not refused: {self.events}"
        assert self.refusal.code == code
        assert facts.items() <= self.refusal.facts.items(), self.refusal.facts


@dataclass(frozen=True, slots=True)
class Scenario(Generic[I, S, E]):
    decider: Decider[I, S, E]
    past: tuple[E, ...] = field(default=())

    def given(self, *events: E) -> Scenario[I, S, E]:
        return Scenario(self.decider, (*self.past, *events))

    def when(self, asked: I) -> Outcome[E]:
        try:
            return Outcome(tuple(self.decider.decide(asked, self.decider.fold(self.past))), None)
        except Refusal as refusal:
            return Outcome((), refusal)

    def when_repeated(self, asked: I) -> Outcome[E]:
        """The same again, on top of what it brought about the first time."""
        first = self.when(asked)
        if first.refusal is not None:
            return first
        return self.given(*first.events).when(asked)


def scenario(decider: Decider[I, S, E]) -> Scenario[I, S, E]:
    return Scenario(decider)
