"""What a model makes of a message: it hears it, passes it by undecoded, or says why it can't be handled."""

from __future__ import annotations

from typing import Any

import pytest

from eventing.cloudevents import Headers
from eventing.consuming import Mark, Message, Partition
from eventing.errors import Unreadable
from projections.folding import BEHIND, Batch, fold_batch
from projections.hearing import Ear
from projections.holding import Holding
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from projections.read_models.order_summary import ORDER_SUMMARY
from tests.support.read_models.platform import codec, record
from tests.support.read_models.story import Told, tell

PLACE = Partition("order.events.v1", 0)
LOG = [told for told in tell(1, orders=3) if told.topic == PLACE.topic]
PLACED = next(told for told in LOG if told.type == "order.placed")
CHARGED = next(told for told in LOG if told.type == "payment.charged")


def message(told: Told, offset: int = 0, *, without: str = "") -> Message:
    """As Kafka's client gives it: the values of headers are bytes."""
    value, found = record(told)
    kept: Headers = [(name, str(text).encode()) for name, text in found if name != without]
    return Message(PLACE, offset, told.key, value, kept)


def no_decoding(*_: Any) -> Any:
    raise AssertionError("it was decoded")


def test_an_event_is_heard_as_it_was_told() -> None:
    taken = Ear(ORDER_SUMMARY, codec().decode).take(message(PLACED))

    assert taken.heard == PLACED.heard()
    assert taken.families == ORDER_SUMMARY.families


def test_what_a_model_does_not_hear_is_not_decoded_and_moves_the_mark() -> None:
    held = Holding()
    held.behind = [message(CHARGED, offset=7)]

    takens = held.hear(Ear(CUSTOMER_ORDERS, no_decoding))

    assert [(taken.position, taken.families) for taken in takens] == [(CHARGED.position, ())]
    assert held.marks_after(takens) == {PLACE: Mark(8, CHARGED.position)}


def test_what_lies_before_the_mark_is_passed_over() -> None:
    held = Holding()
    held.take_over({PLACE: Mark(3, PLACED.position)}, ())
    held.behind = [message(PLACED, offset=3)]

    takens = held.hear(Ear(ORDER_SUMMARY, codec().decode))

    assert takens == []
    assert held.marks_after(takens) == {PLACE: Mark(4, PLACED.position)}


@pytest.mark.parametrize("header", ["ce_type", "ce_globalposition", "ce_subject", "ce_time", "ce_dataschema"])
def test_a_message_without_a_header_of_ours_is_a_stranger(header: str) -> None:
    taken = Ear(ORDER_SUMMARY, codec().decode).take(message(PLACED, without=header))

    assert taken.cause is not None
    assert taken.cause.code == "foreign_record"
    assert taken.heard is None


def test_bytes_that_are_no_event_say_why() -> None:
    broken = message(PLACED)._replace(value=b"\0\0\0\0\1" + b"\xff" * 5)

    taken = Ear(ORDER_SUMMARY, codec().decode).take(broken)

    assert taken.cause is not None
    assert taken.cause.code == Unreadable.code
    assert taken.position == PLACED.position


def test_after_one_event_that_cannot_be_folded_its_key_waits_and_others_do_not() -> None:
    ear = Ear(ORDER_SUMMARY, codec().decode)
    broken = LOG[0].key
    takens = [
        ear.take(message(told)._replace(value=b"") if told is LOG[0] else message(told, offset))
        for offset, told in enumerate(LOG)
    ]
    batch = Batch()

    fold_batch(batch, takens, {}, ())

    assert {one.message.key for one in batch.parked} == {broken}
    assert [one.cause for one in batch.parked[1:]] == [BEHIND] * (len(batch.parked) - 1)
    assert set(batch.documents) == {told.key for told in LOG} - {broken}
