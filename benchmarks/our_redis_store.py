"""Our store of Redis documents alone: ready documents, as a projector's batches bring them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.kafka import PARTITIONS
from benchmarks.placed_log import TOPIC, Ready
from eventing.consuming import Mark, Partition
from eventing.partitioning import partition_of
from eventing.settings import Settings
from projections import wiring
from projections.generations import Build
from projections.ports import Change
from projections.read_model import ReadModel

BATCH = 2000


class OurRedisStore:
    def __init__(self, settings: Settings, model: ReadModel, ready: Sequence[Ready]) -> None:
        self._settings = settings
        self._model = model
        self._changes = [
            Change(
                one.id,
                0,
                one.position,
                Partition(TOPIC, partition_of(one.id, PARTITIONS)),
                orjson.dumps(one.document),
            )
            for one in ready
        ]
        self._builds: list[Build] = []

    def contender(self, name: str) -> Contender:
        async def run(_: float) -> Sample:
            return await asyncio.to_thread(self._write)

        return Contender(name, run, self._check)

    def drop(self) -> None:
        for build in self._builds:
            store = wiring.open_store(self._settings, self._model, build)
            store.drop()
            store.close()

    def _write(self) -> Sample:
        build = Build(self._model.name, 1, 1001 + len(self._builds), "live", "", "", datetime.now(UTC))
        maker = wiring.open_store(self._settings, self._model, build)
        build = build._replace(identity=maker.create())
        maker.close()
        self._builds.append(build)
        store = wiring.open_store(self._settings, self._model, build)
        store.marks([Partition(TOPIC, 0)])  # connects
        start = time.perf_counter()
        for at in range(0, len(self._changes), BATCH):
            some = self._changes[at : at + BATCH]
            store.write(some, {some[-1].partition: Mark(at + len(some), some[-1].position)})
        sample = Sample(len(self._changes), time.perf_counter() - start)
        store.close()
        return sample

    async def _check(self) -> None:
        store = wiring.open_store(self._settings, self._model, self._builds[-1])
        if (there := sum(1 for _ in store.scan())) != len(self._changes):
            raise WrongResultError(f"our store has {there} documents of {len(self._changes)}.")
        store.close()
