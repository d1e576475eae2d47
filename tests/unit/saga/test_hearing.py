"""What a participant takes of what Kafka brings: by headers alone, once, and nothing by hearsay."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import event_schemas
from event_schemas.inventory.released import InventoryReleased
from event_schemas.payment.declined import PaymentDeclined
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.cloudevents import constant_headers, event_headers, frame
from eventing.consuming import Mark, Message, Partition
from saga_choreography.hearing import Hearing, marks_after
from saga_choreography.participants.inventory import INVENTORY

CODEC = Codec(Catalogue.discover(event_schemas))
PLACE = Partition("orders", 0)
HEARING = Hearing(INVENTORY, CODEC.decode)
DECLINED = PaymentDeclined(order_id="7", reason="no")
RELEASED = InventoryReleased(order_id="7", lines=(), cause="payment.declined")


def message(event: object, *, offset: int, position: int) -> Message:
    kind, version, body = CODEC.encode(event)
    event_id, at = str(UUID(int=position)), f"{datetime(2026, 1, 1, tzinfo=UTC):%Y-%m-%d %H:%M:%S.%f}+00"
    headers = event_headers(
        constant_headers(kind, version, 1), event_id, "payment-7", "1", position, at, event_id, None, "x", None
    )
    return Message(PLACE, offset, "7", frame(1) + body, headers)


def test_what_is_published_twice_is_heard_once() -> None:
    first, again = message(DECLINED, offset=0, position=5), message(DECLINED, offset=1, position=5)

    taken = HEARING.take([first, again], {})

    assert [each.is_heard for each in taken] == [True, False]
    assert marks_after({}, taken) == {PLACE: Mark(2, 5)}


def test_what_is_behind_the_mark_is_not_heard() -> None:
    (taken,) = HEARING.take([message(DECLINED, offset=9, position=5)], {PLACE: Mark(9, 5)})

    assert not taken.is_heard


def test_what_others_hear_is_dropped_without_being_decoded() -> None:
    record = message(RELEASED, offset=0, position=5)._replace(value=frame(1) + b"\xff")

    (taken,) = HEARING.take([record], {})

    assert not taken.is_heard


def test_a_record_that_nobody_reads_makes_nobody_deaf() -> None:
    """It may say of itself that it comes long after everything else."""
    stray = message(RELEASED, offset=0, position=10**15)
    broken = message(DECLINED, offset=1, position=10**15)._replace(value=frame(1) + b"\xff")
    event = message(DECLINED, offset=2, position=6)

    taken = HEARING.take([stray, broken, event], {})

    assert [each.recorded is not None for each in taken] == [False, False, True]
    assert taken[1].problem is not None
    assert marks_after({}, taken) == {PLACE: Mark(3, 6)}


def test_a_record_of_somebody_elses_is_a_problem_and_not_an_end() -> None:
    (taken,) = HEARING.take([Message(PLACE, 0, "7", b"hello", [])], {})

    assert taken.problem is not None
    assert taken.problem.code == "foreign_record"
