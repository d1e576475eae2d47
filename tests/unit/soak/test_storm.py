"""The storm draws every kind, tells what it can't do, and looks at every crash point in the process that has it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest

from eventing.crash_point_register import CRASH_POINTS
from tests.soak.faults import FAULTS
from tests.soak.faults.fault import Fault, NotHere, Storm
from tests.soak.faults.processes import owners
from tests.soak.platform import PARTICIPANTS, Platform
from tests.soak.storm import Weather

NOWHERE = cast(Platform, None)
ENOUGH = 60


def blown(*faults: Fault, seed: int = 1) -> Weather:
    """Until as many have struck or failed as it takes to see every card of the deck."""
    weather = Weather(NOWHERE, seed, lambda: True, pause=0.0005, faults=faults)
    weather.begin()
    until = time.monotonic() + 30
    while len(weather.hits) + len(weather.failures) < ENOUGH and not weather.skipped:
        assert time.monotonic() < until
        time.sleep(0.001)
    weather.end()
    return weather


def naming(kind: str, weight: int = 1, *, at_length: bool = False) -> Fault:
    return Fault(kind, weight, lambda _: kind, at_length)


def test_each_kind_strikes_as_often_as_its_cards_say() -> None:
    weather = blown(naming("often", 3), naming("seldom"), naming("at length", at_length=True))

    struck = Counter(hit.kind for hit in weather.hits)
    assert struck["often"] > struck["seldom"] > ENOUGH // 12
    assert struck["at length"] > 0
    assert all(hit.in_flight for hit in weather.hits)


def test_a_seed_is_one_sequence_of_choices() -> None:
    def choosing(storm: Storm) -> str:
        return str(storm.chance.random())

    def first(seed: int) -> set[str]:
        return {hit.target for hit in blown(Fault("any", 1, choosing), seed=seed).hits}

    assert len(first(1) & first(1)) > ENOUGH // 3
    assert not first(1) & first(2)


@pytest.mark.parametrize(
    ("error", "skipped", "failures"),
    [(NotHere("no root"), {"odd": "no root"}, 0), (AssertionError("broken"), {}, ENOUGH)],
)
def test_what_can_not_be_done_is_told(error: Exception, skipped: dict[str, str], failures: int) -> None:
    def failing(_: Storm) -> str:
        raise error

    weather = blown(Fault("odd", 1, failing))

    assert weather.skipped == skipped
    assert len(weather.failures) >= failures
    assert not weather.hits


def test_each_kind_has_a_name_of_its_own_and_a_card() -> None:
    assert len({fault.kind for fault in FAULTS}) == len(FAULTS)
    assert all(fault.weight > 0 for fault in FAULTS)


@pytest.mark.parametrize("point", [name for name in CRASH_POINTS if not name.startswith("rebuild.")])
def test_each_crash_point_has_processes_that_reach_it(point: str) -> None:
    known: Callable[[Any], bool] = {"write", "relay", "projector", *PARTICIPANTS}.__contains__

    assert owners(point)
    assert all(known(part) for part in owners(point))
