"""Keeping that tells of each event when a read model had it."""

from __future__ import annotations

from collections.abc import Mapping

from eventing.consuming import Mark, Partition
from eventing.telemetry.spans import SPANS, Kind, now
from projections.folding import Batch
from projections.hearing import Taken
from projections.keeping import Keeper, Kept


class TracedKeeper(Keeper):
    def keep(self, batch: Batch, before: Mapping[Partition, Mark]) -> Kept:
        began = now()
        kept = super().keep(batch, before)
        for folded in batch.documents.values():
            for taken in folded.takens:
                name = f"{self._build.model} shows {taken.type}"
                SPANS.note(name, _traceparent(taken), began, Kind.CONSUMER, batch=batch.events)
        return kept


def _traceparent(taken: Taken) -> str | None:
    value = dict(taken.message.headers).get("traceparent")
    return value.decode() if isinstance(value, bytes) else value
