from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from projections.query_api.answering.moments import BATCH, FINEST, SHARE, remember, thinned


class Seen(NamedTuple):
    at: float


def test_an_hour_at_full_pace_takes_little_room() -> None:
    moments: list[Seen] = []
    for number in range(20 * 3600):
        remember(moments, Seen(number / 20), number / 20)

    assert len(moments) < 4 * BATCH
    assert moments[0] == Seen(0)
    assert moments[-1] == Seen(3600 - 1 / 20)


@given(st.lists(st.floats(0, 5), min_size=2, max_size=400))
def test_what_is_forgotten_leaves_no_gap_too_wide_for_its_age(pauses: list[float]) -> None:
    now = 0.0
    came: list[Seen] = []
    for pause in pauses:
        now += pause
        came.append(Seen(now))

    kept = thinned(came, now)

    for before, after in pairwise(kept):
        between = [one for one in came if before.at < one.at < after.at]
        assert not between or after.at - before.at <= max(FINEST, SHARE * (now - after.at)) + 1e-9
