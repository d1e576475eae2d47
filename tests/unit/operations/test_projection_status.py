"""How far behind a read model is, by what its projectors say: a number only where all of it is known."""

from __future__ import annotations

import pytest

from eventing.consuming import Mark, Partition
from operations.projection_status import lag_of
from tests.soak.settling import behind

ZERO, ONE, EMPTY = (Partition("order.events.v1", number) for number in range(3))
HEADS = {ZERO: 10, ONE: 7, EMPTY: 0}


@pytest.mark.parametrize(
    ("marks", "lag"),
    [
        ({}, None),
        ({ZERO: Mark(10, 40)}, None),
        ({ZERO: Mark(10, 40), EMPTY: Mark(0, 0)}, None),
        ({ZERO: Mark(10, 40), ONE: Mark(7, 41)}, 0),
        ({ZERO: Mark(8, 38), ONE: Mark(3, 20), EMPTY: Mark(0, 0)}, 6),
        ({ZERO: Mark(12, 44), ONE: Mark(7, 41)}, 0),
    ],
    ids=["nobody says", "one of two processes says", "of one partition nobody says", "level", "behind", "ahead by now"],
)
def test_the_lag_is_told_where_every_partition_is_known(marks: dict[Partition, Mark], lag: int | None) -> None:
    assert lag_of(marks, HEADS) == lag


def test_what_nobody_can_say_yet_is_not_at_rest() -> None:
    def model(lag: int | None, state: str = "running") -> dict[str, object]:
        return {"shown": "live", "lag_events": lag, "state": state}

    assert behind([model(0)]) == 0
    assert behind([model(None)]) == 1
    assert behind([model(3), model(0, "paused"), {**model(9), "shown": "old"}]) == 4
