"""Faults one after another and sometimes two at a time, by a seed; each on record with what it met."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.soak.faults import FAULTS
from tests.soak.faults import fault as faulting
from tests.soak.faults.fault import Fault, NotHere
from tests.soak.platform import Platform
from tests.soak.settling import Settled

LANES = ((1, False), (3, False), (3, True))
"""How much longer each rests, and whether it is the one of faults that take long. The first two meet at times, so that
about a fifth of the faults overlap."""


LULL = 0.5
"""Seconds in which a fault looks for somebody who waits: what strikes nobody says little. Then it strikes anyway."""
GLANCE = 0.002


class Hit(NamedTuple):
    t: float
    kind: str
    target: str
    seconds: float
    in_flight: bool
    """Whether somebody was waiting for an answer when it struck."""


class Weather:
    """Lanes of faults with pauses by chance, so that some overlap."""

    def __init__(
        self,
        platform: Platform,
        seed: int,
        busy: Callable[[], bool],
        *,
        pause: float = 4.0,
        faults: Sequence[Fault] = FAULTS,
    ) -> None:
        self.hits: list[Hit] = []
        self.failures: list[str] = []
        self.skipped: dict[str, str] = {}
        """Kinds that this machine does not allow, and why."""
        self._faults = faults
        self._platform = platform
        self._seed = seed
        self._busy = busy
        self._pause = pause
        self._over = threading.Event()
        self._lanes = [threading.Thread(target=self._blow, args=(lane,), daemon=True) for lane in range(len(LANES))]

    def begin(self) -> None:
        for lane in self._lanes:
            lane.start()

    def end(self) -> None:
        self._over.set()
        for lane in self._lanes:
            lane.join(120)

    def _blow(self, lane: int) -> None:
        chance = random.Random(f"{self._seed}/{lane}")
        storm = faulting.Storm(self._platform, chance, self._over)
        longer, at_length = LANES[lane]
        own = [fault for fault in self._faults if fault.at_length is at_length]
        pause = self._pause * longer
        deck: list[Fault] = []
        while own and not self._over.wait(chance.expovariate(1 / pause)):
            # From a deck, so that a rare kind comes up as surely as it is to.
            if not deck:
                deck = [fault for fault in own for _ in range(fault.weight)]
                chance.shuffle(deck)
            self._lie_in_wait()
            self._strike(storm, deck.pop())

    def _lie_in_wait(self) -> None:
        end = time.monotonic() + LULL
        while not self._busy() and time.monotonic() < end and not self._over.wait(GLANCE):
            """Nobody waits yet."""

    def _strike(self, storm: faulting.Storm, fault: Fault) -> None:
        began, busy = time.monotonic(), self._busy()
        try:
            target = fault.act(storm)
        except NotHere as reason:
            self.skipped[fault.kind] = str(reason)
            return
        except Exception as error:  # noqa: BLE001 - a fault that fails is the driver's trouble, and is told
            self.failures.append(f"{fault.kind}: {error!r}")
            return
        if target:
            self.hits.append(Hit(began, fault.kind, target, time.monotonic() - began, busy))


class Storm(NamedTuple):
    """One that is over."""

    seed: int
    weather: Weather
    began: float
    healed: float
    settled: Settled
