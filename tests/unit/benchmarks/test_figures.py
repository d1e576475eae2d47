from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import drift, percentile, ratio_of

positive = st.floats(min_value=0.001, max_value=1e6)


def test_a_percentile_is_a_value_that_occurred_and_the_tail_is_not_flattened() -> None:
    waits = [1.0] * 999 + [500.0]

    assert percentile(waits, 50) == 1.0
    assert percentile(waits, 99.9) == 1.0
    assert percentile([*waits, 500.0], 99.9) == 500.0


@given(st.lists(positive, min_size=1), st.floats(min_value=0.1, max_value=100))
def test_at_least_q_percent_of_the_values_lie_at_or_below_the_percentile(values: list[float], q: float) -> None:
    found = percentile(values, q)

    assert found in values
    assert sum(value <= found for value in values) >= q / 100 * len(values) - 1e-9


def test_the_ratio_is_the_median_of_the_rounds_not_the_ratio_of_the_sums() -> None:
    # given a round in which the machine was ten times slower for both, and one in which ours alone was hit
    ours = [20.0, 2.0, 5.0]
    theirs = [10.0, 1.0, 10.0]

    assert ratio_of(ours, theirs) == (2.0, 0.5, 2.0)


def test_a_round_that_one_of_them_did_not_play_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio_of([1.0, 2.0], [1.0])


def test_drift_is_the_same_in_both_directions() -> None:
    assert drift(100, 125) == drift(125, 100) == pytest.approx(0.25)
