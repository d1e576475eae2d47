from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from eventing.cloudevents import NotOurs, recorded
from eventing.partitioning import partition_of
from outbox_relay.messages import Franking
from outbox_relay.ports import Destination, Row

ID, CORRELATION, CAUSE = (str(UUID(int=n)) for n in (1, 2, 3))
ORDER = str(UUID(int=9))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def row(position: int = 7, *, kind: str = "order.placed", trace: str | None = TRACE, cause: str | None = CAUSE) -> Row:
    at = "2026-01-31 12:00:00.5+00"
    return (position, f"order-{ORDER}", "3", ID, kind, 2, CORRELATION, cause, "customer-7", trace, at, b"avro")


@pytest.fixture
def franking() -> Franking:
    return Franking({("order.placed", 2): Destination("order.events.v1", 258)}, partitions=6, epoch=4)


def test_the_body_is_framed_and_otherwise_left_as_it_is(franking: Franking) -> None:
    [(topic, value, key, partition, _)] = franking.messages([row()])

    assert (topic, value, key) == ("order.events.v1", b"\0\0\0\x01\x02avro", ORDER)
    assert partition == partition_of(ORDER, 6)


@pytest.mark.parametrize("trace", [TRACE, None])
@pytest.mark.parametrize("cause", [CAUSE, None])
def test_a_consumer_gets_the_whole_record_back(franking: Franking, trace: str | None, cause: str | None) -> None:
    [(_, value, _, _, headers)] = franking.messages([row(trace=trace, cause=cause)])

    event = recorded([(name, str(text).encode()) for name, text in headers], value)

    assert event.position == 7
    assert (event.stream, event.version, event.key) == (f"order-{ORDER}", 3, ORDER)
    assert (event.type, event.schema_version, event.body) == ("order.placed", 2, b"avro")
    assert (event.event_id, event.correlation_id) == (UUID(ID), UUID(CORRELATION))
    assert (event.causation_id, event.traceparent) == (UUID(cause) if cause else None, trace)
    assert event.recorded_at == datetime(2026, 1, 31, 12, 0, 0, 500_000, UTC)


def test_the_cloudevents_library_reads_the_headers(franking: Franking) -> None:
    [(_, value, key, _, headers)] = franking.messages([row()])
    message = KafkaMessage({name: str(text).encode() for name, text in headers}, key.encode(), value)

    event = from_binary_event(message, JSONFormat())

    assert event.get_id() == ID
    assert event.get_type() == "order.placed"
    assert event.get_source() == "/orderloom/events"
    assert event.get_subject() == f"order-{ORDER}"
    assert event.get_time() == datetime(2026, 1, 31, 12, 0, 0, 500_000, UTC)
    assert event.get_datacontenttype() == "application/vnd.confluent.avro"
    assert event.get_extension("globalposition") == "7"
    assert event.get_extension("epoch") == "4"


def test_what_has_no_destination_stops_all_behind_it(franking: Franking) -> None:
    rows = [row(1), row(2), row(3, kind="order.unheard_of"), row(4)]

    assert franking.sendable(rows) == 2
    assert franking.sendable(rows[:2]) == 2


@pytest.mark.parametrize("headers", [[], [("ce_id", b"no uuid")], [("ce_dataschema", b"urn:other")]])
def test_a_record_of_somebody_else_is_no_event_of_ours(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(NotOurs):
        recorded(headers, b"\0\0\0\0\x01avro")
