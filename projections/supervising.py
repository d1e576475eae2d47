"""Which projections run in this process: one thread for each build that this program can keep fresh.

It looks again every second: a model that was rebuilt, switched or rolled back elsewhere is taken up without a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import Final, Protocol

import structlog

from eventing.consuming import Partition
from eventing.errors import Misconfigured, OrderloomError, Unavailable
from eventing.leases import steady_clock
from projections.generations import KEPT_FRESH, Build
from projections.ports import Board, Generations
from projections.projector import Projection
from projections.read_model import ReadModel
from projections.standing import Standing

LOOK_SECONDS: Final = 1.0
TROUBLE_SECONDS: Final = 10.0
"""How long a projection may be paused before its health turns red."""

log = structlog.get_logger()


class NotRunning(OrderloomError):
    """Nobody in this process keeps the model fresh."""


class ProjectionStands(OrderloomError):
    """The model is not kept fresh."""


class Reporting(Protocol):
    def write(self, build: Build, standing: Standing) -> None: ...
    def leave(self) -> None: ...


@dataclass(slots=True)
class Hired:
    projection: Projection
    thread: Thread
    stop: Event = field(default_factory=Event)
    told: str = ""


class Supervisor:
    def __init__(
        self,
        models: Sequence[ReadModel],
        generations: Generations,
        make: Callable[[ReadModel, Build], str],
        hire: Callable[[ReadModel, Build], Projection],
        heads: Callable[[Sequence[str]], Mapping[Partition, int]],
        reports: Reporting,
        board: Board,
    ) -> None:
        self._models = models
        self._generations = generations
        self._make = make
        self._hire = hire
        self._heads = heads
        self._reports = reports
        self._board = board
        self._hired: dict[tuple[str, int], Hired] = {}
        self._troubles: dict[str, OrderloomError] = {}

    def run(self, stop: Event) -> None:
        try:
            while not stop.is_set():
                for model in self._models:
                    self._look_after(model)
                self._report()
                stop.wait(LOOK_SECONDS)
        finally:
            self._dismiss(list(self._hired))
            self._carefully("reports", self._reports.leave)

    def projections(self) -> Sequence[Projection]:
        return [hired.projection for hired in list(self._hired.values())]

    def health(self, model: ReadModel) -> str:
        """In words. Raises where the model is not kept fresh."""
        if trouble := self._troubles.get(model.name):
            raise trouble
        found = [one for one in self.projections() if one.model is model]
        if not found:
            raise NotRunning
        for one in found:
            standing = one.standing
            if standing.state in {"lost", "failed"} or standing.seconds_in_trouble() > TROUBLE_SECONDS:
                raise ProjectionStands(standing.error)
        return ", ".join(
            f"{one.build.tag} {one.standing.state}, {one.standing.lag_events} events behind" for one in found
        )

    def _look_after(self, model: ReadModel) -> None:
        try:
            self._say_that_they_are_there(model)
            asked = steady_clock()
            builds = self._generations.builds(model.name)
            if not builds:
                builds = [self._generations.first(model, lambda build: self._make(model, build))]
            wanted = {(build.model, build.number): build for build in builds if _knows(model, build)}
            self._dismiss([one for one in self._hired if one[0] == model.name and one not in wanted])
            for key, build in wanted.items():
                if key not in self._hired:
                    self._start(key, model, build)
                self._hired[key].projection.awareness.see(build.mended, asked)
            self._troubles.pop(model.name, None)
            if not wanted:
                raise _unknown_generation(model, builds)
        except OrderloomError as error:
            if str(self._troubles.get(model.name)) != str(error):
                log.warning(
                    "A read model can't be looked after", action="model_trouble", model=model.name, why=str(error)
                )
            self._troubles[model.name] = error

    def _say_that_they_are_there(self, model: ReadModel) -> None:
        """Those who were taken for gone, before they remember anything again: see `_start`."""
        for hired in self._hired.values():
            if hired.projection.model is model and hired.projection.awareness.is_lost:
                self._reports.write(hired.projection.build, hired.projection.standing)

    def _start(self, key: tuple[str, int], model: ReadModel, build: Build) -> None:
        # Before it remembers anything: a repair waits for those of whom it knows.
        known = Standing()
        known.mended = build.mended
        self._reports.write(build, known)
        projection = self._hire(model, build)
        stop = Event()
        thread = Thread(target=projection.run, args=(stop,), name=f"{model.name} {build.tag}", daemon=True)
        self._hired[key] = Hired(projection, thread, stop)
        log.info("A projection begins", action="projection_started", model=model.name, build=build.tag)
        thread.start()

    def _dismiss(self, keys: Sequence[tuple[str, int]]) -> None:
        for key in keys:
            self._hired[key].stop.set()
        for key in keys:
            self._hired.pop(key).thread.join()
            log.info("A projection ends", action="projection_ended", model=key[0], build=key[1])

    def _report(self) -> None:
        topics = sorted({topic for model in self._models for topic in model.topics})
        heads: Mapping[Partition, int] = {}
        try:
            heads = self._heads(topics)
        except Unavailable as error:
            log.warning("Kafka does not say how long its topics are", action="heads_unknown", why=str(error))
        for hired in list(self._hired.values()):
            projection = hired.projection
            projection.standing.measure(heads)
            self._say(hired)
            self._carefully("reports", partial(self._reports.write, projection.build, projection.standing))
            self._remind(projection)

    def _remind(self, projection: Projection) -> None:
        """A board that was emptied is filled again. Redis models write theirs with the documents."""
        if projection.model.store == "elasticsearch":
            self._board.applied(projection.build, dict(projection.standing.marks))
            self._board.searchable(projection.build, dict(projection.standing.searchable))

    def _say(self, hired: Hired) -> None:
        """Each change of state once, in the log."""
        standing = hired.projection.standing
        if standing.state != hired.told:
            hired.told = standing.state
            model, build = hired.projection.model.name, hired.projection.build.tag
            speak = log.info if standing.state == "running" else log.warning
            speak(
                f"The projection of {model} is {standing.state}",
                action=f"projection_{standing.state}",
                model=model,
                build=build,
                why=standing.error,
            )

    def _carefully(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except OrderloomError as error:
            log.warning("What people are told could not be written", action=f"{what}_unwritten", why=str(error))


def _knows(model: ReadModel, build: Build) -> bool:
    return build.state in KEPT_FRESH and (build.generation, build.digest) == (model.generation, model.digest)


def _unknown_generation(model: ReadModel, builds: Sequence[Build]) -> Misconfigured:
    live = next((build for build in builds if build.state == "live"), builds[-1])
    if live.generation == model.generation and live.digest != model.digest:
        return Misconfigured(
            f"{model.name} has another shape than its build {live.tag}, under the same generation: "
            "raise the generation and rebuild it."
        )
    return Misconfigured(
        f"{model.name} is live as {live.tag}, and this program knows generation {model.generation}: "
        f"run `orders projections rebuild {model.name}`."
    )
