"""The one shape of a participant: what it hears, what it does about it, how it is undone.

A participant writes one category of streams, one stream an order, and is a decider over what it hears of others
(`Heard`) and what the outside world has definitely answered (`Answered`). Whatever else a decision needs is named here
as data, loaded by whoever runs it, and named in the append, so that it can't have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from eventing.decider import Decider
from saga_choreography.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody has said something about the order."""

    event: object
    seen: Mapping[str, Sequence[object]] = field(default_factory=dict)
    """The events of the order's other streams that the participant looks at, by category."""
    available: Mapping[str, int] = field(default_factory=dict)
    """How many pieces can still be promised of each SKU that is needed; one without stock may be left out."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The outside world has answered, once and for all, what an intent asked for."""

    intent: object
    """The event that wrote down what was about to be asked, such as `payment.requested`."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The watchdog asks the participant that ends orders: a step has had its time."""

    step: str


@dataclass(frozen=True, slots=True)
class CompensationForced:
    """An operator asks the participant that ends orders: the order is to go back, whatever holds it."""

    reason: str
    step: str
    """Where the way back is entered: the first step on it that isn't undone; see `way_back.entrance`."""


Input = Heard | Answered | DeadlinePassed | CompensationForced


class Reaction(NamedTuple):
    """What may follow when an event is heard, and what has to be looked at for that."""

    emits: tuple[type, ...]
    looks_at: tuple[str, ...] = ()
    """Categories of other streams of the same order. The append names each at the version that was looked at."""


class Intent(NamedTuple):
    """Something that is written down before the outside world is asked, until one of `closed_by` is written."""

    closed_by: tuple[type, ...]
    and_then: tuple[type, ...] = ()
    """What may be written beside, such as the next intent."""


class Step(NamedTuple):
    """The stretch of an order's way that a deadline is set for; its seconds come from the settings."""

    name: str
    begins: tuple[type, ...]
    ends: tuple[type, ...]
    """One of these ends it for good, even if it is seen before the beginning."""


class StockUse(NamedTuple):
    """For a participant that promises stock: levels are locked, told to it, and moved in its own transaction."""

    skus: Callable[[object, Any], Collection[str]]
    """The SKUs whose levels a decision on this event in this state may read or move."""
    moves: Callable[[object], Mapping[str, int]]
    """By how much a produced event changes what is available of each SKU."""


@dataclass(frozen=True, slots=True)
class Participant:
    name: str
    category: str
    """Of the one stream an order that it writes."""
    hears: Mapping[type, Reaction]
    decider: Decider[Any, Any, Any]
    step: Step
    undone_by: tuple[type, ...]
    """One of these in its stream says that nothing of its step is left, and that nothing of it can come any more."""
    intents: Mapping[type, Intent] = field(default_factory=dict)
    """What it writes down before it asks the outside world, and what the answer brings about."""
    stock: StockUse | None = None

    def is_undone(self, events: Iterable[object]) -> bool:
        return any(isinstance(event, self.undone_by) for event in events)


_DERIVED: Final = UUID("7a0c5b1e-93f5-5c5e-8d3b-5a6a0de4c0de")


def derived_ids(participant: str, asked: Input, cause: UUID) -> Iterator[UUID]:
    """The ids of the events that this input brings about, one after another: a repetition makes the same ones again.

    `cause` is the id of the event that was heard, of the intent that was answered, or of whatever the watchdog or the
    operator saw last. Different inputs on one cause are told apart, so that an answer that contradicts an earlier one,
    or an order that is forced a second time, is not taken for a repetition.
    """
    manner = ""
    match asked:
        case Answered():
            manner = type(asked.outcome).__name__
        case DeadlinePassed() | CompensationForced():
            manner = f"{type(asked).__name__} {asked.step}"
    ordinal = 0
    while True:
        yield uuid5(_DERIVED, f"{cause} {participant} {manner} {ordinal}")
        ordinal += 1


def open_intents(participant: Participant, events: Iterable[object]) -> Sequence[int]:
    """The places, counted from 0, of the intents in a stream that still wait for their answer."""
    waiting: list[tuple[int, type]] = []
    for place, event in enumerate(events):
        waiting = [(at, intent) for at, intent in waiting if type(event) not in participant.intents[intent].closed_by]
        if type(event) in participant.intents:
            waiting.append((place, type(event)))
    return [at for at, _ in waiting]
