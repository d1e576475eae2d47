"""The faults of the outside world decide alike in every run, and only where a rule says so."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from outside_world.faults import Faults, Plan


def faults_of(*rules: dict[str, Any], seed: int = 0) -> Faults:
    faults = Faults()
    faults.set(Plan.model_validate({"seed": seed, "rules": list(rules)}))
    return faults


def chosen(faults: Faults, operation: str = "charge", key: str = "k", attempt: int = 1, **question: Any) -> str | None:
    rule = faults.choose(operation, key, attempt, question)
    return None if rule is None else rule.fault.value


def test_the_first_rule_that_fits_is_enacted() -> None:
    faults = faults_of(
        {"operation": "refund", "fault": "hang"}, {"key": "a-*", "fault": "cut"}, {"fault": "delay", "ms": 5}
    )

    assert [chosen(faults, "refund", "a-1"), chosen(faults, key="a-1"), chosen(faults)] == ["hang", "cut", "delay"]
    assert faults.enacted == [1, 1, 1]


def test_attempts_of_a_key_are_counted_for_themselves() -> None:
    faults = faults_of({"fault": "cut", "first": 2}, {"fault": "hang", "attempts": [4]})

    assert [chosen(faults, attempt=attempt) for attempt in range(1, 6)] == ["cut", "cut", None, "hang", None]


def test_a_rule_may_look_into_the_question_and_end_after_so_many_times() -> None:
    faults = faults_of({"fault": "decline", "match": {"address.city": "No*"}, "times": 1})

    assert chosen(faults, "book", address={"city": "London"}) is None
    assert chosen(faults, "book", address={"city": "Nowhere"}) == "decline"
    assert chosen(faults, "book", address={"city": "Nowhere"}) is None


def test_only_what_can_be_declined_is() -> None:
    faults = faults_of({"fault": "decline"})

    assert [chosen(faults, name) for name in ("charge", "refund", "book", "void", "find")] == [
        "decline",
        None,
        "decline",
        None,
        None,
    ]


def test_chance_depends_on_seed_key_and_attempt_and_on_nothing_else() -> None:
    def run(seed: int, order: list[int]) -> set[int]:
        faults = faults_of({"fault": "cut", "probability": 0.1}, seed=seed)
        return {number for number in order if chosen(faults, key=f"k{number}")}

    forwards = run(1, list(range(2000)))
    assert run(1, list(range(1999, -1, -1))) == forwards
    assert run(2, list(range(2000))) != forwards
    assert 140 < len(forwards) < 260


@pytest.mark.parametrize(
    "rule", [{"fault": "explode"}, {"fault": "cut", "probabilty": 0.5}, {"fault": "delay", "ms": -1}]
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        faults_of(rule)
