from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from eventing.consuming import Mark, Partition
from projections.query_api.answering.staleness import Ends, Staleness
from projections.reading import Standing

PLACE = Partition("order.events.v1", 0)


class World:
    """A topic, what of it was published when, and a model that reads it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.published: list[tuple[float, int]] = []
        self.applied = 0
        self.staleness = Staleness(self.ends, lambda: self.now)

    async def ends(self) -> Ends:
        return Ends(self.now, {PLACE: len(self.published)})

    def standing(self) -> Standing:
        position = self.published[self.applied - 1][1] if self.applied else 0
        return Standing("g1-1", {PLACE: Mark(self.applied, position)}, {PLACE: position})

    def look(self) -> None:
        asyncio.run(self.staleness.look())
        self.staleness.note_marks(self.standing())

    def seconds(self) -> float | None:
        return self.staleness.seconds(self.standing(), [PLACE])

    def real(self) -> float:
        """How old what is shown really is: the age of the oldest that is not shown."""
        return self.now - self.published[self.applied][0] if self.applied < len(self.published) else 0.0


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


@given(st.lists(st.tuples(st.sampled_from(["publish", "apply", "look"]), st.floats(0, 2)), max_size=60))
def test_it_never_says_less_than_the_truth(story: list[tuple[str, float]]) -> None:
    world = World()
    for number, (what, pause) in enumerate(story, 1):
        world.now += pause
        if what == "publish":
            world.published.append((world.now, number))
        elif what == "apply":
            world.applied = min(world.applied + 1, len(world.published))
        else:
            world.look()
        said = world.seconds()
        assert said is None or said >= world.real() - 1e-9
