"""Partitions that wander again and again between processes while events come in: the models are the fold of the log.

Each round a process joins, another one sleeps until it has lost everything and wakes up again, and one of the two ends
in good order or by kill -9, with partitions in its hands.
"""

from __future__ import annotations

import random
from functools import partial
from itertools import product

import pytest

from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.level import MODELS, demand_fold
from tests.support.read_models.load import Load, load
from tests.support.read_models.platform import PARTITIONS, Platform
from tests.support.read_models.process import ProjectorProcess
from tests.support.read_models.said import partitions_of
from tests.support.read_models.story import tell
from tests.support.waiting import until

BATCH = "5"
ORDERS, AT_ONCE = 1000, 100
"""So many are open at a time that each goes on under the hands of several processes."""
ALL = {model.name: PARTITIONS * len(model.topics) for model in MODELS}


class Storm:
    def __init__(self, platform: Platform, start_projector: StartProjector) -> None:
        self._platform = platform
        self._start_projector = start_projector
        self._sitting = self._start()
        until(lambda: self._has_all(self._sitting), "the first one has everything")

    def round(self, coming: Load, leaves: str, how: str) -> None:
        slept, newcomer = self._sitting, self._start()
        until(lambda: self._share(slept, newcomer), "the newcomer has its share")
        slept.freeze()
        until(lambda: self._has_all(newcomer), "the one that sleeps has lost everything")
        self._await_more(coming)
        slept.thaw()
        until(lambda: self._share(slept, newcomer), "the one that has woken up has its share")
        self._await_more(coming)
        going, self._sitting = (slept, newcomer) if leaves == "slept" else (newcomer, slept)
        assert self._has_some(going)
        if how == "killed":
            going.kill()
        else:
            assert going.end() == 0
        until(lambda: self._has_all(self._sitting), "the one that stays has everything")

    def _start(self) -> ProjectorProcess:
        return self._start_projector(self._platform, PROJECTOR__BATCH=BATCH)

    def _has_all(self, process: ProjectorProcess) -> bool:
        return all(partitions_of(process, name) == count for name, count in ALL.items())

    def _has_some(self, process: ProjectorProcess) -> bool:
        return all(partitions_of(process, name) for name in ALL)

    def _share(self, one: ProjectorProcess, other: ProjectorProcess) -> bool:
        """Who has slept believes for a while that it still has what others have: then it is too much together."""
        pairs = {name: (partitions_of(one, name), partitions_of(other, name)) for name in ALL}
        return all(all(pair) and sum(pair) == ALL[name] for name, pair in pairs.items())

    def _await_more(self, coming: Load) -> None:
        told = coming.told
        until(lambda: coming.told > told, "events keep coming")
        log = coming.log[: coming.told]
        for model in MODELS:
            until(partial(self._platform.has_applied, model, log), f"{model.name} goes on")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21])
def test_partitions_that_wander_between_processes(
    platform: Platform, start_projector: StartProjector, seed: int
) -> None:
    log = tell(seed, orders=ORDERS, at_once=AT_ONCE)
    rounds = list(product(("slept", "newcomer"), ("killed", "ended")))
    random.Random(seed).shuffle(rounds)
    storm = Storm(platform, start_projector)
    with load(platform.publish, log, batch=10, pause=0.3) as coming:
        for leaves, how in rounds:
            storm.round(coming, leaves, how)
        assert not coming.has_ended, "events came in until the end"

    demand_fold(platform, log[: coming.told])
