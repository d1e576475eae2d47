"""What a participant makes of a batch: pure bookkeeping between what was loaded and what is to be appended.

Several events of one order see each other's results, and many orders are decided upon at once: each decision stands on
the streams as they were loaded and on what was decided before it. What comes of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from eventing.envelope import Circumstances, NewEvent, Recorded
from eventing.event_store import Append, StreamWrite
from eventing.schema import type_name
from eventing.streams import key_of, stream_name
from saga_choreography.outcomes import Outcome
from saga_choreography.participant import Answered, Heard, Input, Participant, derived_ids, open_intents
from saga_choreography.ports import OpenIntent

Decode = Callable[[str, int, bytes], Any]


@dataclass(slots=True)
class Stream:
    """A stream as it was loaded, and as it will be."""

    events: list[object]
    ids: list[UUID]
    stored: Sequence[Recorded]


@dataclass(slots=True)
class Deliberation:
    participant: Participant
    decode: Decode
    available: dict[str, int] = field(default_factory=dict)
    appends: list[Append] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    opened: dict[UUID, OpenIntent] = field(default_factory=dict)
    closed: list[UUID] = field(default_factory=list)
    _stored: dict[str, Sequence[Recorded]] = field(default_factory=dict)
    _streams: dict[str, Stream] = field(default_factory=dict)

    def needs(self, heard: Iterable[tuple[Recorded, object]]) -> Sequence[str]:
        """The streams that decisions on these events look at."""
        wanted: dict[str, None] = {}
        for recorded, event in heard:
            for category in (self.participant.category, *self.participant.hears[type(event)].looks_at):
                wanted[stream_name(category, recorded.key)] = None
        return list(wanted)

    def take_in(self, stored: Mapping[str, Sequence[Recorded]]) -> None:
        self._stored.update(stored)

    def skus(self, recorded: Recorded, event: object) -> Iterable[str]:
        if self.participant.stock is None:
            return ()
        return self.participant.stock.skus(event, self._state(recorded.key))

    def hear(self, recorded: Recorded, event: object) -> None:
        """Whatever it raises, nothing of it is kept."""
        looks_at = self.participant.hears[type(event)].looks_at
        seen = {category: self._stream(stream_name(category, recorded.key)).events for category in looks_at}
        available = {sku: self.available.get(sku, 0) for sku in self.skus(recorded, event)}
        self._decide(Heard(event, seen, available), recorded, looks_at)

    def answer(self, order_id: str, intent_id: UUID, outcome: Outcome) -> None:
        stream = self._stream(stream_name(self.participant.category, order_id))
        place = stream.ids.index(intent_id)
        self._decide(Answered(stream.events[place], outcome), stream.stored[place], ())

    def intent(self, order_id: str, intent_id: UUID) -> object | None:
        """The event that wrote it down, if it still waits for its answer."""
        stream = self._stream(stream_name(self.participant.category, order_id))
        waiting = {stream.ids[place]: stream.events[place] for place in open_intents(self.participant, stream.events)}
        return waiting.get(intent_id)

    def ask(self, asked: Input, cause: Recorded, looks_at: Sequence[str], actor: str) -> Sequence[object]:
        """An input that nobody was heard to say; the events that follow from it."""
        return self._decide(asked, cause, looks_at, actor)

    def events_of(self, category: str, order_id: str) -> Sequence[object]:
        return self._stream(stream_name(category, order_id)).events

    def _decide(
        self, asked: Input, cause: Recorded, looks_at: Sequence[str], actor: str | None = None
    ) -> Sequence[object]:
        name = stream_name(self.participant.category, cause.key)
        stream = self._stream(name)
        produced = list(self.participant.decider.decide(asked, self._state(cause.key)))
        if not produced:
            return produced
        ids = derived_ids(self.participant.name, asked, cause.event_id)
        events = [NewEvent(next(ids), event) for event in produced]
        checks = [self._unchanged(stream_name(category, cause.key)) for category in looks_at]
        circumstances = Circumstances(
            cause.correlation_id, actor or self.participant.name, cause.event_id, cause.traceparent
        )
        writes = [StreamWrite(name, len(stream.events), events), *(check for check in checks if check.stream != name)]
        self.appends.append(Append(writes, circumstances))
        self._note_levels(produced)
        self._note_intents(name, stream, events)
        return produced

    def _unchanged(self, name: str) -> StreamWrite:
        return StreamWrite(name, len(self._stream(name).events))

    def _note_levels(self, produced: Sequence[object]) -> None:
        if self.participant.stock is None:
            return
        for event in produced:
            for sku, delta in self.participant.stock.moves(event).items():
                self.available[sku] = self.available.get(sku, 0) + delta
                self.moved[sku] = self.moved.get(sku, 0) + delta

    def _note_intents(self, name: str, stream: Stream, events: Sequence[NewEvent]) -> None:
        before = self._open(stream) if self.participant.intents else {}
        stream.events.extend(new.event for new in events)
        stream.ids.extend(new.event_id for new in events)
        after = self._open(stream) if self.participant.intents else {}
        for intent_id in before.keys() - after.keys():
            if self.opened.pop(intent_id, None) is None:
                self.closed.append(intent_id)
        for intent_id in after.keys() - before.keys():
            self.opened[intent_id] = OpenIntent(intent_id, key_of(name), after[intent_id])

    def _open(self, stream: Stream) -> dict[UUID, str]:
        places = open_intents(self.participant, stream.events)
        return {stream.ids[place]: type_name(stream.events[place]) for place in places}

    def _state(self, key: str) -> Any:
        return self.participant.decider.fold(self._stream(stream_name(self.participant.category, key)).events)

    def _stream(self, name: str) -> Stream:
        found = self._streams.get(name)
        if found is None:
            stored = self._stored.get(name, ())
            events = [self.decode(each.type, each.schema_version, each.body) for each in stored]
            found = self._streams[name] = Stream(events, [each.event_id for each in stored], stored)
        return found
