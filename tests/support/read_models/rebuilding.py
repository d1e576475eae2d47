"""The command line in tests: the real one, or one in which a part of the rebuild is broken on purpose.

A mutant shows that a test can fail. None of them is in the product: each replaces one part of a class.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from operations.cli import run
from projections.rebuilding import rebuild, replaying
from projections.stores import log_history, redis
from tests.support.end_with_parent import end_with_parent
from tests.support.only_in_tests import settings_of_tests
from tests.support.read_models.main import COMPARISON


def switch_before_caught_up() -> None:
    """Takes one round over the log for enough, and switches whatever the live build has."""

    def fill_once(self: Any, new: Any) -> Any:
        self._round(new)
        return new

    def await_nothing(self: Any, new: Any) -> None: ...

    def show_at_once(outside: Any, new: Any, live: Any) -> None:
        outside.showing.show(new)

    slow()

    setattr(rebuild.Rebuild, "fill", fill_once)  # noqa: B010 - it is no other method but a broken one
    setattr(rebuild.Rebuild, "await_freshness", await_nothing)  # noqa: B010
    setattr(rebuild, "show_when_level", show_at_once)  # noqa: B010


def slow() -> None:
    """No mutant: it only takes its time, so that it can be met at work."""
    write = replaying.Replay._write

    def late(self: Any, *arguments: Any) -> Any:
        time.sleep(0.3)
        return write(self, *arguments)

    setattr(replaying.Replay, "_write", late)  # noqa: B010


def long_stretches() -> None:
    """No mutant: as many positions a stretch as in earnest."""
    setattr(log_history.LogHistory.__init__, "__kwdefaults__", {"stretch": log_history.RANGE})  # noqa: B010


def counts_again() -> None:
    """Takes what a run before it has left for nothing, and Redis does not ask what a document was folded from."""
    long_stretches()
    begin, open_store = replaying.Replay.__init__, redis.RedisStore.__init__

    def begin_afresh(self: Any, *arguments: Any, **more: Any) -> None:
        begin(self, *arguments, **{**more, "is_fresh": True})

    def open_one_that_writes_over_anything(self: Any, *arguments: Any, **more: Any) -> None:
        open_store(self, *arguments, **more)
        self._write = self._client.register_script(self._write.script.replace(COMPARISON, "false"))

    setattr(replaying.Replay, "__init__", begin_afresh)  # noqa: B010
    setattr(redis.RedisStore, "__init__", open_one_that_writes_over_anything)  # noqa: B010


MUTANTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "slow": slow,
    "long_stretches": long_stretches,
    "counts_again": counts_again,
    "switch_before_caught_up": switch_before_caught_up,
}


def main() -> int:
    end_with_parent()
    settings_of_tests()
    # Small stretches, so that a short log has many of them.
    setattr(log_history.LogHistory.__init__, "__kwdefaults__", {"stretch": 100})  # noqa: B010
    MUTANTS[sys.argv[1]]()
    return run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
