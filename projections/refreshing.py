"""Makes what was written searchable, and says from when on it is.

A refresh shows what was written before it began. So the positions that are published afterwards are those that were
applied when it began, and never those of the moment in which it ended. After a pause the first write is shown at once;
under load there is a refresh an interval, however much is written: each costs the server a new segment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Condition, Thread
from typing import Final

from eventing.consuming import Partition
from eventing.errors import OrderloomError

AFTER_FAILURE: Final = 1.0

Positions = Mapping[Partition, int]


class Refresher:
    """A thread of its own. `refresh` may raise; then it is tried again."""

    def __init__(self, refresh: Callable[[], None], publish: Callable[[Positions], None], *, interval: float) -> None:
        self._refresh = refresh
        self._publish = publish
        self._interval = interval
        self._wanted = Condition()
        self._applied: dict[Partition, int] = {}
        self._is_due = self._ending = False
        self._thread = Thread(target=self._run, name="refresh", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def written(self, applied: Positions) -> None:
        with self._wanted:
            self._applied.update(applied)
            self._is_due = True
            self._wanted.notify()

    def forget(self, partitions: set[Partition]) -> None:
        with self._wanted:
            for partition in partitions:
                self._applied.pop(partition, None)

    def stop(self) -> None:
        """What was written last is shown before it ends, if the store lets it."""
        with self._wanted:
            self._ending = True
            self._wanted.notify()
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._ending, timeout=pause)
                self._wanted.wait_for(lambda: self._is_due or self._ending)
                if not self._is_due:
                    return
                self._is_due, began, shown = False, time.monotonic(), dict(self._applied)
            if not self._show(shown):
                if self._ending:
                    return
                pause = AFTER_FAILURE
                continue
            pause = max(0.0, began + self._interval - time.monotonic())

    def _show(self, shown: Positions) -> bool:
        try:
            self._refresh()
        except OrderloomError:
            with self._wanted:
                self._is_due = True
            return False
        self._publish(shown)
        return True
