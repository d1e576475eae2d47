"""Leadership by a row with an epoch and a time to live, kept by a thread of its own.

Who holds the row may act until two thirds of its time have passed since the last renewal was *asked* for, by a clock
of this machine that also runs while the process is stopped. The rest of the time is the distance to whoever takes the
row over when it has expired by the database's clock. A tenure that has ended never begins again: the next one has a
higher epoch, so that what the old one still does can be told apart and refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from eventing.errors import OrderloomError

ACTING: Final = 2 / 3
"""The part of the time to live in which the holder may act."""
LOOKS: Final = 5
"""Renewals, or looks of those who wait, in one time to live."""


def steady_clock() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease(NamedTuple):
    holder: str
    epoch: int
    seconds_left: float
    """By the database's clock; not positive when it has expired."""


class LeaseRow(Protocol):
    """Every call ends within a part of the time to live, or raises `Unavailable`."""

    def look(self) -> Lease | None: ...
    def take(self, holder: str, ttl: float) -> int | None:
        """The new epoch, if the row was free or had expired."""
        ...

    def renew(self, holder: str, epoch: int, ttl: float) -> bool: ...
    def give_up(self, holder: str, epoch: int) -> None: ...


class LeadershipLost(OrderloomError):
    """Another one leads now, or nobody knows: what was under way is given up."""

    code = "leadership_lost"


class Tenure:
    """One time of leading, under one epoch."""

    def __init__(self, epoch: int, until: float, clock: Callable[[], float]) -> None:
        self.epoch = epoch
        self._until = until
        self._clock = clock
        self._ended = threading.Event()
        self._at_end: list[Callable[[], None]] = []

    @property
    def seconds_left(self) -> float:
        return self._until - self._clock()

    def holds(self) -> bool:
        if not self._ended.is_set() and self._clock() >= self._until:
            self.end()
        return not self._ended.is_set()

    def demand(self) -> None:
        if not self.holds():
            raise LeadershipLost

    def extend(self, until: float) -> None:
        self._until = until

    def at_end(self, act: Callable[[], None]) -> None:
        """Called at once when it ends, in the thread that notices."""
        self._at_end.append(act)

    def end(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            for act in self._at_end:
                act()


class LeaseKeeper:
    """Takes the lease when it is free, renews it, and knows who holds it."""

    def __init__(self, row: LeaseRow, holder: str, ttl: float, *, clock: Callable[[], float] = steady_clock) -> None:
        self.holder = holder
        self.trouble: str | None = None
        """Why the row can't be reached, while it can't."""
        self._row = row
        self._ttl = ttl
        self._clock = clock
        self._tenure: Tenure | None = None
        self._seen: tuple[Lease, float] | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait_for_tenure(self, seconds: float) -> Tenure | None:
        with self._changed:
            self._changed.wait_for(lambda: self._tenure is not None or self._stop.is_set(), seconds)
            return self._tenure

    def leader(self) -> Lease | None:
        """Who held the lease when it was last looked at, if that has not expired since."""
        if self._seen is None:
            return None
        lease, at = self._seen
        left = lease.seconds_left - (self._clock() - at)
        return lease._replace(seconds_left=left) if left > 0 else None

    def stop(self) -> None:
        """Gives the lease up at once, so that another one need not wait for it to expire."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self.tend()
                self.trouble = None
            except OrderloomError as error:
                self.trouble = str(error)
            self._stop.wait(self.pause())
        if self._tenure is not None:
            self._leave(self._tenure)

    def pause(self) -> float:
        """Until the next renewal or look, but never past the end of a tenure."""
        regular = self._ttl / LOOKS
        if self._tenure is None:
            return min(regular, 0.5)
        return max(0.0, min(regular, self._tenure.seconds_left))

    def tend(self) -> None:
        """One renewal, or one look at whether it is free."""
        tenure = self._tenure
        if tenure is None:
            self._try()
        elif not tenure.holds():
            self._leave(tenure)
        else:
            self._renew(tenure)

    def _try(self) -> None:
        lease = self._row.look()
        self._seen = (lease, self._clock()) if lease else None
        if lease is not None and lease.seconds_left > 0:
            return
        asked = self._clock()
        epoch = self._row.take(self.holder, self._ttl)
        if epoch is not None:
            self._seen = (Lease(self.holder, epoch, self._ttl), asked)
            with self._changed:
                self._tenure = Tenure(epoch, asked + self._ttl * ACTING, self._clock)
                self._changed.notify_all()

    def _renew(self, tenure: Tenure) -> None:
        asked = self._clock()
        if not self._row.renew(self.holder, tenure.epoch, self._ttl):
            self._forget(tenure)
        elif tenure.holds():
            tenure.extend(asked + self._ttl * ACTING)
            self._seen = (Lease(self.holder, tenure.epoch, self._ttl), asked)

    def _leave(self, tenure: Tenure) -> None:
        self._forget(tenure)
        try:
            self._row.give_up(self.holder, tenure.epoch)
        except OrderloomError as error:
            self.trouble = str(error)  # it expires by itself

    def _forget(self, tenure: Tenure) -> None:
        tenure.end()
        self._seen = None
        with self._changed:
            self._tenure = None
