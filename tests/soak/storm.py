"""Faults one after another and sometimes two at a time, by a seed; each on record with what it met."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from tests.soak.faults import FAULTS, Fault, Storm
from tests.soak.platform import Platform

AT_A_TIME = 2


class Hit(NamedTuple):
    t: float
    kind: str
    target: str
    seconds: float
    in_flight: bool
    """Whether somebody was waiting for an answer when it struck."""


class Weather:
    """Two lanes of faults with pauses by chance, so that some overlap."""

    def __init__(self, platform: Platform, seed: int, busy: Callable[[], bool], *, pause: float = 4.0) -> None:
        self.hits: list[Hit] = []
        self.failures: list[str] = []
        self._platform = platform
        self._seed = seed
        self._busy = busy
        self._pause = pause
        self._over = threading.Event()
        self._lanes = [threading.Thread(target=self._blow, args=(lane,), daemon=True) for lane in range(AT_A_TIME)]

    def begin(self) -> None:
        for lane in self._lanes:
            lane.start()

    def end(self) -> None:
        self._over.set()
        for lane in self._lanes:
            lane.join(90)

    def _blow(self, lane: int) -> None:
        chance = random.Random(f"{self._seed}/{lane}")
        storm = Storm(self._platform, chance, self._over)
        # The second lane starts later and rests longer: about a fifth of the faults meet another one.
        pause = self._pause * (1 if lane == 0 else 3)
        while not self._over.wait(chance.expovariate(1 / pause)):
            self._strike(storm, chance.choices(FAULTS, [fault.weight for fault in FAULTS])[0])

    def _strike(self, storm: Storm, fault: Fault) -> None:
        began, busy = time.monotonic(), self._busy()
        try:
            target = fault.act(storm)
        except Exception as error:  # noqa: BLE001 - a fault that fails is the driver's trouble, and is told
            self.failures.append(f"{fault.kind}: {error!r}")
            return
        if target:
            self.hits.append(Hit(began, fault.kind, target, time.monotonic() - began, busy))
