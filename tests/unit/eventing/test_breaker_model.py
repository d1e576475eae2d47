"""The breaker against a model of it: any sequence of attempts, reports in any order, and time going by."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eventing.breaker import Breaker, State

FAILURES, PAUSE, LONGEST, PROBES = 3, 30.0, 120.0, 2

STEP = st.one_of(
    st.just(("attempt", 0)),
    st.tuples(st.sampled_from(["succeed", "fail", "abandon"]), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 30, 60, 120])),
)


class Model:
    """What the page about it says, with every attempt remembered by the stretch in which it began."""

    def __init__(self) -> None:
        self.now = 0.0
        self.open = False
        self.failures = 0
        self.pause = PAUSE
        self.round_from = 0.0
        self.left = 0
        self.stretch = 0

    def attempt(self) -> int | None:
        if self.open:
            if self.now >= self.round_from:
                self.left, self.round_from = PROBES, self.now + self.pause
            if not self.left:
                return None
            self.left -= 1
        return self.stretch

    def report(self, began_in: int, how: str) -> None:
        if began_in != self.stretch:
            return
        if how == "abandon":
            self.left = min(PROBES, self.left + 1) if self.open else 0
        elif how == "succeed":
            self.stretch += self.open
            self.open, self.failures, self.pause, self.left = False, 0, PAUSE, 0
        else:
            self.failures += 1
            if self.open or self.failures >= FAILURES:
                self.pause = min(LONGEST, self.pause * 2) if self.open else self.pause
                self.open, self.left, self.round_from = True, 0, self.now + self.pause
                self.stretch += 1


def report(breaker: Breaker, ticket: int, how: str) -> None:
    match how:
        case "succeed":
            breaker.succeeded(ticket)
        case "fail":
            breaker.failed(ticket)
        case _:
            breaker.abandoned(ticket)


@given(st.lists(STEP, max_size=200))
def test_it_does_as_the_model_does(steps: list[tuple[str, int]]) -> None:
    model = Model()
    turns: list[State] = []
    breaker = Breaker(
        failures=FAILURES,
        pause=PAUSE,
        longest_pause=LONGEST,
        probes=PROBES,
        now=lambda: model.now,
        on_change=turns.append,
    )
    under_way: list[tuple[int, int]] = []
    for what, number in steps:
        if what == "wait":
            model.now += number
        elif what == "attempt":
            ours, theirs = breaker.attempt(), model.attempt()
            assert (ours is None) == (theirs is None)
            if ours is not None and theirs is not None:
                under_way.append((ours, theirs))
        elif under_way:
            ours, theirs = under_way.pop(number % len(under_way))
            model.report(theirs, what)
            report(breaker, ours, what)
        assert breaker.is_open == model.open
        assert (breaker.state is State.CLOSED) == (not model.open)
        assert breaker.is_resting == (model.open and not model.left and model.now < model.round_from)
        assert breaker.rest <= LONGEST
    # open and closed come in turn, and half-open only between
    assert all(first is not second for first, second in pairwise(turns) if first is State.CLOSED)
    assert not turns or turns[0] is State.OPEN


def test_a_hundred_that_fail_together_open_it_for_one_pause_only() -> None:
    now = [0.0]
    breaker = Breaker(failures=5, pause=30, longest_pause=120, now=lambda: now[0])
    tickets = [breaker.attempt() for _ in range(100)]

    for ticket in tickets:
        breaker.failed(ticket)

    assert breaker.rest == 30
    now[0] = 30
    assert breaker.state is State.HALF_OPEN


def test_a_success_of_before_does_not_close_it() -> None:
    breaker = Breaker(failures=3, pause=30, now=lambda: 0.0)
    early = breaker.attempt()
    for _ in range(3):
        breaker.failed(breaker.attempt())

    assert not breaker.succeeded(early)
    assert breaker.state is State.OPEN


def test_a_probe_that_says_nothing_makes_room_for_another_one() -> None:
    now = [0.0]
    breaker = Breaker(failures=1, pause=30, now=lambda: now[0])
    breaker.failed()
    now[0] = 30
    probe = breaker.attempt()
    assert probe is not None
    assert breaker.attempt() is None

    breaker.abandoned(probe)

    assert breaker.attempt() is not None
