"""Handling that tells of each event when it was handled, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from eventing.parking import ParkedKey
from eventing.telemetry.spans import SPANS, Kind, now
from saga_choreography.handling import Done, Handling, Marks
from saga_choreography.hearing import Taken


class TracedHandling(Handling):
    def handle(self, batch: Sequence[Taken], kept: Marks, waiting: frozenset[ParkedKey]) -> Done:
        began = now()
        done = super().handle(batch, kept, waiting)
        for taken in batch:
            if (event := taken.recorded) is not None:
                name = f"{self._participant.name} hears {event.type}"
                SPANS.note(name, event.traceparent, began, Kind.CONSUMER, position=event.position, batch=len(batch))
        return done
