"""The query API's process in tests: the real one, or one with a part broken on purpose.

A mutant shows that a test can fail. None of them is in the product: each replaces one part before it is put together.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from eventing.settings import Settings
from eventing.web import door, server
from projections.query_api import wiring
from projections.query_api.answering.cache import Cache
from projections.query_api.answering.progress import Progress
from projections.query_api.live import streams, subscription
from projections.stores.redis_reader import RedisReader
from tests.support.only_in_tests import Announce, run_in_a_test


def does_not_wait() -> None:
    """Whatever token comes: what is there is fresh enough."""
    Progress.shows = lambda self, model, tokens: True  # type: ignore[method-assign]
    from projections.query_api.answering import orders

    original = orders.Orders._load

    async def boasting(self: Any, order_id: str) -> Any:
        return (await original(self, order_id))._replace(shows=10**15)

    orders.Orders._load = boasting  # type: ignore[method-assign]


def never_invalidates() -> None:
    """Hints are heard and nothing is forgotten; an entry lives for an hour."""
    Cache.forget = lambda self, key: None  # type: ignore[method-assign]
    original = Cache.__init__

    def for_ever(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **{**kwargs, "seconds": 3600.0})

    Cache.__init__ = for_ever  # type: ignore[method-assign]


def takes_gone_for_empty() -> None:
    """Whatever Redis answers was asked of a build that is there."""

    async def believing(self: RedisReader, base: str, ask: Callable[[Any], object]) -> Sequence[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            ask(pipe)
            return list(await pipe.execute())

    RedisReader._there = believing  # type: ignore[method-assign]


def has_small_buffers() -> None:
    """No mutant: a reader is found to be slow after fewer bytes than the kernel would take for it."""

    def small(at: door.Door) -> socket.socket:
        listener = door.listen(at)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return listener

    vars(server)["listen"] = small
    subscription.QUEUE = 16  # type: ignore[misc]


def looks_seldom() -> None:
    """No mutant: streams rely on hints, since the next look of their own is an hour away."""
    streams.CHECK = 3600.0  # type: ignore[misc]


def is_deaf_to_changes() -> None:
    """No mutant: hints about documents are lost, all of them; streams look by themselves, and more often."""
    streams.Streams.changed = lambda self, hint: None  # type: ignore[method-assign]
    streams.CHECK, streams.DEEP_CHECK = 0.5, 8.0  # type: ignore[misc]


MUTANTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "does_not_wait": does_not_wait,
    "never_invalidates": never_invalidates,
    "takes_gone_for_empty": takes_gone_for_empty,
    "small_buffers": has_small_buffers,
    "looks_seldom": looks_seldom,
    "deaf_to_changes": is_deaf_to_changes,
}


def run(settings: Settings, announce: Announce) -> None:
    MUTANTS[sys.argv[1]]()
    wiring.run(settings, announce)


if __name__ == "__main__":
    sys.exit(run_in_a_test(run))
