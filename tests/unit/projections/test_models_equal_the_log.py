"""Whatever Kafka delivers, in whatever order it may: the models are what an independent fold makes of the log."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.read_model import ReadModel
from projections.wiring import read_models
from tests.support.read_models.folds import InMemory, deliveries
from tests.support.read_models.independent import expected
from tests.support.read_models.log_reading import Shown
from tests.support.read_models.story import CATALOGUE, Told, tell

MODELS = read_models()
by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def wanted(model: ReadModel, log: Sequence[Told]) -> Shown:
    found = expected(log)
    assert model.name in found, f"say in tests/support/read_models/independent.py what {model.name} makes of a log"
    return found[model.name]


@by_name
@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_a_model_is_the_fold_of_the_log(model: ReadModel, seed: int) -> None:
    log = tell(seed, orders=15)
    folded = InMemory(model)

    folded.deliver(log)

    assert folded.shown() == wanted(model, log)


@by_name
@given(seed=st.integers(0, 10_000), order=st.integers(0, 10_000))
@settings(max_examples=25)
def test_repetitions_and_interleavings_change_nothing(model: ReadModel, seed: int, order: int) -> None:
    log = tell(seed, orders=10)
    folded, straight = InMemory(model), InMemory(model)

    for batch in deliveries(log, random.Random(order)):
        folded.deliver(batch)
    straight.deliver(log)

    assert folded.shown() == wanted(model, log)
    assert folded.bodies == straight.bodies, "a replay gives the same bytes"


def test_the_stories_have_every_event_of_the_language() -> None:
    told = {one.type for seed in range(5) for one in tell(seed, orders=30)}

    assert told == set(CATALOGUE.types), "have tests/support/read_models/story.py tell those that are missing"
