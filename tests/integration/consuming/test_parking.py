"""What can't be handled waits by key and in order, until an operator decides; what was decided stays on record."""

from __future__ import annotations

import pytest

from eventing.consuming import Message, Partition
from eventing.parking import QUEUED_BEHIND, Cause, Choice, Decision, Parked, ParkedKey
from eventing.postgres.marks import Execute
from eventing.postgres.parked_desk import ParkedDesk
from eventing.postgres.parking import PostgresParking
from operations import cli

ORDERS = Partition("orders", 0)
BROKEN, BEHIND = Cause("unreadable", "These bytes are no event.", 3), Cause(QUEUED_BEHIND, "An earlier one waits.", 0)
OPERATOR = Decision("ada", "the schema is pushed now")


@pytest.fixture
def parking(execute: Execute) -> PostgresParking:
    return PostgresParking(execute, "shipping")


@pytest.fixture
def desk(execute: Execute) -> ParkedDesk:
    return ParkedDesk(execute)


def message(offset: int, key: str = "a", partition: Partition = ORDERS) -> Message:
    return Message(partition, offset, key, b"\xff\x00", [("ce_type", b"order.placed"), ("ce_id", "7"), ("odd", None)])


def park(parking: PostgresParking, offset: int, key: str = "a", cause: Cause = BROKEN) -> None:
    parking.park(message(offset, key), cause, event_type="order.placed", position=offset + 100)


def offsets(found: list[Parked]) -> list[int]:
    return [parked.message.offset for parked in found]


def test_a_parked_key_is_known_in_its_partition_alone(parking: PostgresParking, execute: Execute) -> None:
    park(parking, 4)

    assert parking.keys([ORDERS]) == {ParkedKey(ORDERS, "a")}
    assert parking.keys([Partition("orders", 1)]) == frozenset()
    assert PostgresParking(execute, "payment").keys([ORDERS]) == frozenset()


def test_what_comes_again_after_a_crash_is_parked_once(parking: PostgresParking, desk: ParkedDesk) -> None:
    park(parking, 4)
    park(parking, 4)

    assert len(desk.list(Choice())) == 1


def test_a_message_comes_back_as_it_was(parking: PostgresParking, desk: ParkedDesk) -> None:
    park(parking, 4)
    desk.retry(Choice(), OPERATOR)

    (found,) = parking.to_retry([ORDERS])

    assert found.message.value == b"\xff\x00"
    assert found.message.headers == [("ce_type", b"order.placed"), ("ce_id", b"7"), ("odd", None)]
    assert (found.message.partition, found.message.offset, found.message.key) == (ORDERS, 4, "a")


def test_nothing_is_retried_that_nobody_asked_for(parking: PostgresParking) -> None:
    park(parking, 4)

    assert parking.to_retry([ORDERS]) == []


def test_a_key_is_retried_in_order_one_after_another(parking: PostgresParking, desk: ParkedDesk) -> None:
    for offset in (6, 4, 5):
        park(parking, offset, cause=BROKEN if offset == 4 else BEHIND)
    park(parking, 7, "b")
    desk.retry(Choice(key="a"), OPERATOR)

    tried: list[int] = []
    while found := list(parking.to_retry([ORDERS])):
        tried += offsets(found)
        assert parking.settled(found[0])

    assert tried == [4, 5, 6]
    assert parking.keys([ORDERS]) == {ParkedKey(ORDERS, "b")}


def test_a_retry_that_fails_again_stops_its_key(parking: PostgresParking, desk: ParkedDesk) -> None:
    park(parking, 4)
    park(parking, 5, cause=BEHIND)
    desk.retry(Choice(key="a"), OPERATOR)

    (found,) = parking.to_retry([ORDERS])
    parking.failed_again(found, Cause("bug", "Division by zero.", 1))

    assert parking.to_retry([ORDERS]) == []
    first, second = desk.list(Choice())
    assert (first.cause_code, first.cause, first.attempts) == ("bug", "Division by zero.", 4)
    assert second.cause_code == QUEUED_BEHIND


def test_one_event_is_retried_over_those_before_it(parking: PostgresParking, desk: ParkedDesk) -> None:
    for offset in (4, 5, 6):
        park(parking, offset)
    middle = next(found.id for found in desk.list(Choice()) if found.offset == 5)

    assert [found.offset for found in desk.reached(Choice(id=middle))] == [4, 5]
    assert desk.retry(Choice(id=middle), OPERATOR) == 2


def test_an_event_is_settled_once(parking: PostgresParking, desk: ParkedDesk) -> None:
    """Two processes may believe that they read a partition; only one of them has the effect."""
    park(parking, 4)
    desk.retry(Choice(), OPERATOR)
    (found,) = parking.to_retry([ORDERS])

    assert parking.settled(found)
    assert not parking.settled(found)


def test_a_discarded_event_is_gone_and_the_decision_kept(
    parking: PostgresParking, desk: ParkedDesk, execute: Execute
) -> None:
    park(parking, 4)
    park(parking, 5, "b")

    assert desk.discard(Choice(key="a"), Decision("ada", "refunded by hand")) == 1

    assert [found.key for found in desk.list(Choice())] == ["b"]
    assert execute("SELECT decision, actor, reason, key, kafka_offset FROM parked_decisions", ()) == [
        ("discard", "ada", "refunded by hand", "a", 4)
    ]


@pytest.mark.parametrize("choice", [Choice(consumer="shipping"), Choice(cause_code="unreadable"), Choice(key="a")])
def test_parked_events_are_chosen_by_what_they_are(
    parking: PostgresParking, desk: ParkedDesk, execute: Execute, choice: Choice
) -> None:
    park(parking, 4)
    park(PostgresParking(execute, "payment"), 4, "b", BEHIND)

    assert [(found.consumer, found.key) for found in desk.list(choice)] == [("shipping", "a")]


def test_an_operator_looks_decides_and_is_asked_why(
    database: str, parking: PostgresParking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", database)
    park(parking, 4)

    assert cli.run(["parked", "list"]) == 0
    assert "These bytes are no event." in capsys.readouterr().out
    assert cli.run(["parked", "show", "1"]) == 0
    assert "unreadable" in capsys.readouterr().out
    assert cli.run(["parked", "retry", "--all", "--dry-run", "--json"]) == 0
    assert '"offset": 4' in capsys.readouterr().out
    assert cli.run(["parked", "retry", "1"]) == 0
    assert capsys.readouterr().out == "1 parked event is tried again.\n"
    assert cli.run(["parked", "discard", "1"]) == 2
    assert "Say why with --reason" in capsys.readouterr().err
    assert cli.run(["parked", "discard", "1", "--reason", "it was a test"]) == 0
    assert cli.run(["parked", "discard", "1", "--reason", "again"]) == 2
    assert "No event is parked under the number 1" in capsys.readouterr().err
    assert cli.run(["parked", "retry"]) == 2
    assert "Say which" in capsys.readouterr().err
