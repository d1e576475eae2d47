"""What is searchable: that which was written before the refresh began, and not what was written meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from eventing.consuming import Partition
from eventing.errors import Unavailable
from projections.refreshing import Refresher

PLACE = Partition("order.events.v1", 0)


class Server:
    """Refreshes when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let = threading.Semaphore(0)
        self.fails = 0
        self.published: list[Mapping[Partition, int]] = []
        self.told = threading.Semaphore(0)

    def refresh(self) -> None:
        self.begun.release()
        assert self.let.acquire(timeout=60)
        if self.fails:
            self.fails -= 1
            raise Unavailable

    def publish(self, positions: Mapping[Partition, int]) -> None:
        self.published.append(positions)
        self.told.release()


def started(server: Server) -> Refresher:
    refresher = Refresher(server.refresh, server.publish, interval=0.01)
    refresher.start()
    return refresher


def test_what_is_written_during_a_refresh_is_shown_by_the_next_one() -> None:
    server = Server()
    refresher = started(server)

    refresher.written({PLACE: 5})
    assert server.begun.acquire(timeout=60)
    refresher.written({PLACE: 9})
    server.let.release()
    assert server.told.acquire(timeout=60)
    server.let.release()
    assert server.told.acquire(timeout=60)
    refresher.stop()

    assert server.published == [{PLACE: 5}, {PLACE: 9}]


def test_nothing_is_said_to_be_searchable_after_a_refresh_that_failed() -> None:
    server = Server()
    server.fails = 1
    refresher = started(server)

    refresher.written({PLACE: 5})
    server.let.release()
    assert server.begun.acquire(timeout=60)
    assert server.begun.acquire(timeout=60), "it is tried again"
    assert server.published == []
    server.let.release()
    assert server.told.acquire(timeout=60)
    refresher.stop()

    assert server.published == [{PLACE: 5}]


def test_what_was_written_last_is_shown_before_it_ends() -> None:
    server = Server()
    refresher = started(server)
    server.let.release()

    refresher.written({PLACE: 5})
    refresher.stop()

    assert server.published == [{PLACE: 5}]


def test_a_partition_that_was_given_up_is_not_spoken_of() -> None:
    server = Server()
    refresher = started(server)
    other = Partition("order.events.v1", 1)

    refresher.written({PLACE: 5, other: 6})
    assert server.begun.acquire(timeout=60)
    refresher.forget({other})
    refresher.written({PLACE: 7})
    server.let.release(2)
    refresher.stop()

    assert server.published[-1] == {PLACE: 7}
