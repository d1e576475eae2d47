"""An order's history as it is told: every event with its circumstances, as it was stored and as it reads today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eventing.envelope import Envelope
from eventing.schema import declaration


def told(envelope: Envelope[Any]) -> Mapping[str, Any]:
    """`schema_version` is what was stored; `upcast_to` is the version of `data` where that is a newer one."""
    recorded = envelope.recorded
    declared = declaration(type(envelope.event))
    newest = declared.version if declared is not None else recorded.schema_version
    return {
        "position": recorded.position,
        "event_id": str(recorded.event_id),
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.type,
        "schema_version": recorded.schema_version,
        "upcast_to": newest if newest != recorded.schema_version else None,
        "recorded_at": recorded.recorded_at,
        "actor": recorded.actor,
        "correlation_id": str(recorded.correlation_id),
        "causation_id": str(recorded.causation_id) if recorded.causation_id else None,
        "data": asdict(envelope.event),
    }
