"""Events as CloudEvents on Kafka, in binary mode: the value is the event, everything around it is a header.

What every client knows of CloudEvents has its place (`ce_id`, `ce_type`, …), the rest are extensions of ours. The
partition key is the record's key and is not repeated as a header. Each header costs time to send, so there is none
that nobody reads: together with key and value they make a whole `Recorded` again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from eventing.envelope import Recorded
from eventing.errors import OrderloomError

Headers = list[tuple[str, str | bytes | None]]

SOURCE: Final = "/orderloom/events"
CONTENT_TYPE: Final = "application/vnd.confluent.avro"
FRAME_LENGTH: Final = 5
"""A zero byte and the id of the writer's schema in the registry, as Confluent's clients frame Avro."""

_DATA_SCHEMA: Final = re.compile(r"urn:orderloom:[a-z0-9_.]+:([0-9]+)")


class NotOurs(OrderloomError):
    """This Kafka record was not published by a relay of this platform."""

    code = "foreign_record"


def frame(schema_id: int) -> bytes:
    return b"\0" + schema_id.to_bytes(4, "big")


def constant_headers(type_name: str, schema_version: int, epoch: int) -> Headers:
    """The same for all events of one type and version that one leader publishes."""
    return [
        ("ce_specversion", "1.0"),
        ("ce_source", SOURCE),
        ("content-type", CONTENT_TYPE),
        ("ce_type", type_name),
        ("ce_dataschema", f"urn:orderloom:{type_name}:{schema_version}"),
        ("ce_epoch", str(epoch)),
    ]


def event_headers(
    constant: Headers,
    event_id: str,
    stream: str,
    version: str,
    position: int,
    recorded_at: str,
    correlation_id: str,
    causation_id: str | None,
    actor: str,
    traceparent: str | None,
) -> Headers:
    """`recorded_at` is UTC as Postgres writes it, which is RFC 3339 but for one blank and the sign of the zone."""
    headers = [
        *constant,
        ("ce_id", event_id),
        ("ce_time", f"{recorded_at[:10]}T{recorded_at[11:-3]}Z"),
        ("ce_subject", stream),
        ("ce_aggregateversion", version),
        ("ce_globalposition", str(position)),
        ("ce_correlationid", correlation_id),
        ("ce_actor", actor),
    ]
    if causation_id is not None:
        headers.append(("ce_causationid", causation_id))
    if traceparent is not None:
        headers.append(("traceparent", traceparent))
    return headers


def recorded(headers: Iterable[Sequence[str | bytes | None]], value: bytes) -> Recorded:
    """The event that a relay published as this record. Raises `NotOurs`."""
    found = {str(name): _text(text) for name, text in headers}
    try:
        schema = _DATA_SCHEMA.fullmatch(found["ce_dataschema"])
        if schema is None or len(value) < FRAME_LENGTH or value[0] != 0:
            raise NotOurs
        return Recorded(
            position=int(found["ce_globalposition"]),
            stream=found["ce_subject"],
            version=int(found["ce_aggregateversion"]),
            event_id=UUID(found["ce_id"]),
            type=found["ce_type"],
            schema_version=int(schema[1]),
            correlation_id=UUID(found["ce_correlationid"]),
            causation_id=UUID(found["ce_causationid"]) if "ce_causationid" in found else None,
            actor=found["ce_actor"],
            traceparent=found.get("traceparent"),
            recorded_at=datetime.fromisoformat(found["ce_time"]),
            body=value[FRAME_LENGTH:],
        )
    except (KeyError, ValueError) as error:
        raise NotOurs from error


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
