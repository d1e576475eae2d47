"""The store is asked once a second, and again at once after it did not answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from eventing.consuming import Mark, Partition
from eventing.errors import Unavailable
from projections.ports import ANYWHERE, DocumentStore
from projections.presence import Presence

KEPT = {Partition("order.events.v1", 2): Mark(5, 4)}


class Asked:
    def __init__(self) -> None:
        self.times = 0
        self.kept: Mapping[Partition, Mark] = {}
        self.error: Exception | None = None

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        assert identity == "made"
        self.kept = kept
        self.times += 1
        if self.error:
            raise self.error


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_busy_loop_asks_once_a_second() -> None:
    store, clock = Asked(), Clock()
    presence = Presence(cast(DocumentStore, store), "made", clock)
    for tick in range(100):
        clock.now = tick / 20
        presence.demand_now_and_then(KEPT)
    assert store.times == 5
    assert store.kept == KEPT, "and whether it is that far"


def test_what_was_seen_at_the_beginning_is_not_asked_for_twice() -> None:
    store, clock = Asked(), Clock()
    presence = Presence(cast(DocumentStore, store), "made", clock)
    presence.demand()
    presence.demand_now_and_then(KEPT)
    assert store.times == 1


def test_an_error_is_followed_by_another_look_at_once() -> None:
    store, clock = Asked(), Clock()
    presence = Presence(cast(DocumentStore, store), "made", clock)
    presence.demand()
    store.error, clock.now = Unavailable("nobody answers"), 1.5
    for _ in range(2):
        with pytest.raises(Unavailable):
            presence.demand_now_and_then(KEPT)
    assert store.times == 3
