"""Our projection as it runs in production, over one topic full of placed orders, each round into a build of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.contest import Contender, Sample, WrongResultError
from eventing.consuming import Mark, Message, Partition
from eventing.settings import Settings
from projections import wiring
from projections.consumer import Assigned, Consumer, Revoked
from projections.generations import Build
from projections.projector import Projection
from projections.read_model import ReadModel

PATIENCE_SECONDS = 120
UNREFRESHED = {"refresh_interval": "-1"}
"""Of our indices and of our peers'."""


class Timed:
    """A consumer that notes when its first messages came: joining the group is not what is measured."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.began = 0.0

    def take(self, seconds: float, most: int) -> Sequence[Message]:
        asked = time.perf_counter()
        found = self._consumer.take(seconds, most)
        if found and not self.began:
            self.began = asked
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


class OurProjector:
    def __init__(self, settings: Settings, model: ReadModel, decode: Any, heads: Mapping[Partition, int]) -> None:
        self._settings = settings
        settled = {**model.settings, **UNREFRESHED} if model.store == "elasticsearch" else model.settings
        self._model = replace(model, settings=settled)
        self._decode = decode
        self._heads = heads
        self._builds: list[Build] = []

    def contender(self, name: str) -> Contender:
        return Contender(name, self._run, self.check)

    async def _run(self, _: float) -> Sample:
        return await asyncio.to_thread(self.drain)

    def drain(self) -> Sample:
        build = Build(self._model.name, 1, len(self._builds) + 1, "live", "", "", datetime.now(UTC))
        store = wiring.open_store(self._settings, self._model, build)
        build = build._replace(identity=store.create())
        store.close()
        self._builds.append(build)
        timed: list[Timed] = []

        def opened(group: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked) -> Timed:
            timed.append(Timed(wiring.open_consumer(self._settings, group, topics, assigned, revoked)))
            return timed[-1]

        projection = wiring.hire(self._settings, wiring.ADAPTERS, self._decode, self._model, build)
        projection._open_consumer = opened  # noqa: SLF001
        stop = threading.Event()
        thread = threading.Thread(target=projection.run, args=(stop,))
        thread.start()
        self._await(projection)
        ended = time.perf_counter()
        stop.set()
        thread.join()
        return Sample(sum(self._heads.values()), ended - timed[0].began)

    def _await(self, projection: Projection) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_level(projection.standing.marks):
            if time.monotonic() > deadline:
                raise WrongResultError(f"{self._model.name} is not level: {projection.standing.error}")
            time.sleep(0.005)

    def _is_level(self, marks: Mapping[Partition, Mark]) -> bool:
        return all(one in marks and marks[one].offset >= head for one, head in self._heads.items())

    async def check(self) -> None:
        """The last build has each document once."""
        store = wiring.open_store(self._settings, self._model, self._builds[-1])
        store.refresh()
        if (there := sum(1 for _ in store.scan())) != (sent := sum(self._heads.values())):
            raise WrongResultError(f"{self._model.name} has {there} documents of {sent}.")
        store.close()

    def drop(self) -> None:
        for build in self._builds:
            store = wiring.open_store(self._settings, self._model, build)
            store.drop()
            store.close()
