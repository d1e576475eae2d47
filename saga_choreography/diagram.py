"""The choreography as a picture, drawn from what the participants say of themselves: it can't be out of date.

A solid arrow is what is said on hearing something, a dotted one what the outside world's answer brings about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from eventing.schema import declaration
from saga_choreography.participant import Participant


def mermaid(participants: Iterable[Participant]) -> str:
    """A Mermaid flowchart; the same participants give the same text."""
    drawn = sorted(participants, key=lambda participant: participant.name)
    own = {participant.name: _said_by(participant) for participant in drawn}
    lines = ["flowchart LR"]
    said = {event for events in own.values() for event in events}
    heard = {event for participant in drawn for event in participant.hears}
    lines += _box("asked", "asked for", [event for event in _in_order(heard) if event not in said])
    for participant in drawn:
        lines += _box(participant.name, participant.name, own[participant.name])
    for participant in drawn:
        lines += _arrows(participant)
    return "\n".join(lines) + "\n"


def _said_by(participant: Participant) -> Sequence[type]:
    said = {event for reaction in participant.hears.values() for event in reaction.emits}
    for intent, what in participant.intents.items():
        said |= {intent, *what.closed_by, *what.and_then}
    return _in_order(said)


def _box(name: str, title: str, events: Sequence[type]) -> Iterator[str]:
    yield f'  subgraph {name}_box["{title}"]'
    for event in events:
        yield f'    {_node(event)}["{_type(event)}"]'
    yield "  end"


def _arrows(participant: Participant) -> Iterator[str]:
    for event in _in_order(participant.hears):
        for emitted in _in_order(participant.hears[event].emits):
            yield f"  {_node(event)} --> {_node(emitted)}"
    for intent in _in_order(participant.intents):
        what = participant.intents[intent]
        for emitted in _in_order((*what.closed_by, *what.and_then)):
            yield f"  {_node(intent)} -.-> {_node(emitted)}"


def _in_order(events: Iterable[type]) -> Sequence[type]:
    return sorted(events, key=_type)


def _type(event: type) -> str:
    declared = declaration(event)
    assert declared is not None, f"{event.__name__} is no event"
    return declared.type


def _node(event: type) -> str:
    return _type(event).replace(".", "_")
