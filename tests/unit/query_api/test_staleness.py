from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.consuming import Mark, Partition
from projections.query_api.answering.staleness import PAUSE, SHORTEST_PAUSE, Ends, Staleness
from projections.reading import Standing

PLACE = Partition("order.events.v1", 0)


class World:
    """A topic, what of it was published when, a model that reads it, and another one that may be later than that."""

    def __init__(self) -> None:
        self.now = 100.0
        self.published: list[tuple[float, int]] = []
        self.applied = 0
        self.late = 0
        self.staleness = Staleness(self.ends, lambda: self.now)

    async def ends(self) -> Ends:
        return Ends(self.now, {PLACE: len(self.published)})

    def standing(self, applied: int) -> Standing:
        position = self.published[applied - 1][1] if applied else 0
        return Standing("g1-1", {PLACE: Mark(applied, position)}, {PLACE: position})

    def look(self) -> None:
        asyncio.run(self.staleness.look())
        for applied in (self.applied, self.late):
            self.staleness.note_marks(self.standing(applied))

    def seconds(self) -> float | None:
        return self.seconds_at(self.applied)

    def seconds_at(self, applied: int) -> float | None:
        return self.staleness.seconds(self.standing(applied), [PLACE])

    def real(self, applied: int) -> float:
        """How old what is shown really is: the age of the oldest that is not shown."""
        return self.now - self.published[applied][0] if applied < len(self.published) else 0.0

    def go_on(self, seconds: float, *, pause: float, lag: float = 0.0) -> None:
        """An event and a look, again and again; the model stays so many seconds behind."""
        end = self.now + seconds
        while self.now < end:
            self.now += pause
            self.published.append((self.now, len(self.published) + 1))
            while self.applied < len(self.published) and self.real(self.applied) >= lag:
                self.applied += 1
            self.look()


def test_an_empty_topic_has_nothing_to_be_behind_of() -> None:
    world = World()
    world.look()

    assert world.seconds() == 0


def test_before_anybody_has_looked_nothing_is_said() -> None:
    assert World().seconds() is None


def test_a_model_that_stands_still_gets_older() -> None:
    world = World()
    world.published.append((world.now, 7))
    world.applied = 1
    world.look()
    world.now += 0.5
    assert world.seconds() == 0.5
    world.published.append((world.now, 9))
    world.look()
    world.now += 3

    assert world.seconds() == 3.5


def test_when_the_ends_can_not_be_read_every_answer_gets_older() -> None:
    world = World()
    world.published.append((world.now, 7))
    world.applied = 1
    world.look()
    world.now += 60

    assert world.seconds() == 60


@pytest.mark.parametrize("pause", [SHORTEST_PAUSE, PAUSE])
def test_a_lag_can_be_told_however_often_others_ask(pause: float) -> None:
    """Whoever wants a bound makes it be looked more often: that must not shorten how far back can be told."""
    world = World()
    world.go_on(150, pause=pause)

    for lag in (0.3, 3, 30, 100):
        late = next(n for n in range(len(world.published)) if world.real(n) <= lag)
        said = world.seconds_at(late)
        assert said is not None
        assert world.real(late) <= said <= lag * 1.1 + 2 * pause, lag


def test_a_lag_can_be_told_when_no_model_is_level() -> None:
    world = World()
    world.go_on(30, pause=SHORTEST_PAUSE)
    world.go_on(90, pause=SHORTEST_PAUSE, lag=30)

    said = world.seconds()

    assert said is not None
    assert world.real(world.applied) <= said <= 30 * 1.1 + 2 * SHORTEST_PAUSE


def test_what_was_level_once_is_never_unknown_again() -> None:
    world = World()
    world.go_on(1, pause=PAUSE)
    stuck, since = world.applied, world.now
    world.go_on(3600, pause=PAUSE)

    said = world.seconds_at(stuck)

    assert said is not None
    assert 3600 <= said <= (world.now - since) * 1.1


def test_one_that_was_never_as_far_as_what_is_known_is_not_given_a_bound() -> None:
    """It is later than the oldest moment that is remembered, and nobody can say by how much."""
    world = World()
    world.published.append((world.now, 1))
    world.go_on(1, pause=PAUSE)

    assert world.seconds_at(0) is None


@given(st.lists(st.tuples(st.sampled_from(["publish", "apply", "follow", "look"]), st.floats(0, 2)), max_size=60))
def test_it_never_says_less_than_the_truth(story: list[tuple[str, float]]) -> None:
    world = World()
    for number, (what, pause) in enumerate(story, 1):
        world.now += pause
        if what == "publish":
            world.published.append((world.now, number))
        elif what == "apply":
            world.applied = min(world.applied + 1, len(world.published))
        elif what == "follow":
            world.late = min(world.late + 1, world.applied)
        else:
            world.look()
        for applied in (world.applied, world.late):
            said = world.seconds_at(applied)
            assert said is None or said >= world.real(applied) - 1e-9
