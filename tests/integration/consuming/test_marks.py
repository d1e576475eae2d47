"""A mark moves only from where its owner believes it to be, and with it whatever else its transaction holds."""

from __future__ import annotations

import psycopg
import pytest

from eventing.consuming import BEGINNING, Mark, Move, Partition, Superseded, moves
from eventing.postgres.connecting import conninfo
from eventing.postgres.marks import Execute, move_marks, read_marks

ONE, TWO = Partition("orders", 0), Partition("orders", 1)


def test_a_partition_that_nobody_has_begun_has_no_mark(execute: Execute) -> None:
    assert read_marks(execute, "shop", [ONE, TWO]) == {}


def test_a_mark_is_read_where_it_was_moved_to(execute: Execute) -> None:
    move_marks(execute, "shop", moves({}, {ONE: Mark(5, 40), TWO: Mark(2, 41)}))
    move_marks(execute, "shop", moves({ONE: Mark(5, 40)}, {ONE: Mark(9, 50)}))

    assert read_marks(execute, "shop", [ONE, TWO]) == {ONE: Mark(9, 50), TWO: Mark(2, 41)}
    assert read_marks(execute, "another", [ONE, TWO]) == {}


@pytest.mark.parametrize(
    "believed",
    [
        BEGINNING,  # a zombie from before the first move
        Mark(4, 30),  # one that was paused
        Mark(6, 50),  # one that is ahead of what is kept
    ],
)
def test_whoever_believes_in_another_mark_is_superseded_and_moves_nothing(execute: Execute, believed: Mark) -> None:
    move_marks(execute, "shop", moves({}, {ONE: Mark(5, 40), TWO: Mark(2, 41)}))

    with pytest.raises(Superseded):
        move_marks(execute, "shop", [Move(ONE, believed, Mark(9, 90)), Move(TWO, Mark(2, 41), Mark(3, 91))])

    assert read_marks(execute, "shop", [ONE, TWO]) == {ONE: Mark(5, 40), TWO: Mark(2, 41)}


def test_nobody_begins_behind_the_beginning_of_a_partition_without_a_mark(execute: Execute) -> None:
    with pytest.raises(Superseded):
        move_marks(execute, "shop", [Move(ONE, Mark(4, 30), Mark(5, 31))])

    assert read_marks(execute, "shop", [ONE]) == {}


def test_a_position_never_falls(execute: Execute) -> None:
    move_marks(execute, "shop", moves({}, {ONE: Mark(5, 40)}))

    with pytest.raises(Superseded):
        move_marks(execute, "shop", [Move(ONE, Mark(5, 40), Mark(6, 39))])


def test_of_two_owners_who_move_at_once_one_is_superseded(database: str) -> None:
    """The second one waits for the first to commit, and only then learns that its belief is wrong."""
    info = conninfo(database, application_name="owner")
    with psycopg.connect(info) as first, psycopg.connect(info) as second:
        move_marks(_within(first), "shop", moves({}, {ONE: Mark(5, 40)}))
        waiting = second.cursor()
        waiting.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            move_marks(_within(second), "shop", moves({}, {ONE: Mark(7, 42)}))
        second.rollback()
        first.commit()

        with pytest.raises(psycopg.Error) as refused:
            move_marks(_within(second), "shop", moves({}, {ONE: Mark(7, 42)}))
        assert refused.value.sqlstate == "OL003"


def test_services_can_move_a_mark_by_its_function_only(database: str) -> None:
    with (
        psycopg.connect(conninfo(database, application_name="service"), autocommit=True) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        service.execute("UPDATE consumer_marks SET next_offset = 0")


def _within(connection: psycopg.Connection) -> Execute:
    def execute(statement, parameters):  # type: ignore[no-untyped-def]
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    return execute
