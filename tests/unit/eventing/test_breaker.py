"""The breaker: what has just failed rests, then one attempt decides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventing.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_closes_with_a_success() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, pause=1, now=clock)
    # one failure between successes is nothing
    assert not breaker.failed()
    assert not breaker.succeeded()
    assert not breaker.failed()
    # two in a row open it
    assert breaker.failed()
    assert not breaker.allows()
    # after its pause one attempt passes, and no second one beside it
    clock.now = 1
    assert breaker.allows()
    assert not breaker.allows()
    assert breaker.succeeded()
    assert breaker.allows()


def test_each_failed_attempt_doubles_the_pause_up_to_a_bound() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, pause=1, longest_pause=5, now=clock)
    breaker.failed()
    pauses = []
    for _ in range(5):
        started = clock.now
        while not breaker.allows():
            clock.now += 0.5
        pauses.append(clock.now - started)
        breaker.failed()
    assert pauses == [1, 2, 4, 5, 5]


def test_an_attempt_that_nobody_reports_does_not_close_the_door_for_ever() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, pause=1, now=clock)
    breaker.failed()
    clock.now = 1
    assert breaker.allows()
    clock.now = 2
    assert breaker.allows()


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=80))
def test_a_dead_server_is_asked_less_and_less(steps: list[tuple[int, bool]]) -> None:
    """While open, at most one attempt passes in each pause, whatever happens."""
    clock = Clock()
    breaker = Breaker(failures=2, pause=1, longest_pause=8, now=clock)
    last_attempt: float | None = None
    for eighths, good in steps:
        clock.now += eighths / 8  # exact, so that a pause of one second is one
        was_open = breaker.is_open
        if breaker.allows():
            if was_open and last_attempt is not None:
                assert clock.now - last_attempt >= 1
            last_attempt = clock.now
            breaker.succeeded() if good else breaker.failed()
        else:
            assert was_open
