"""A rebuild, from the first look to the switch. What it has done stands with the build, so it can end anywhere.

    begin → fill, round after round, until little is left → hand over to the projectors → compare → switch → show

Rules:
- the row in Postgres is the truth about which build is live; what readers see follows it, and whoever finds the two
  apart finishes the switch
- the build is filled by this process alone as long as it is `building`, and by projectors alone from `following` on;
  the marks that are handed over say exactly where those begin
- nothing is switched to that lacks a position which the live build has
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from eventing.consuming import BEGINNING
from eventing.crash_points import reach
from eventing.errors import Misconfigured, Refusal, Unavailable
from projections.generations import Build
from projections.ports import Lost
from projections.read_model import ReadModel
from projections.rebuilding.comparing import Comparison, compare
from projections.rebuilding.outside import Opened, Outside, live_of
from projections.rebuilding.planning import can_go_on
from projections.rebuilding.replaying import Replay
from projections.rebuilding.switching import LOOK_SECONDS, finish, is_lost, show_when_level, unfinished
from projections.replay_ports import lacking

LITTLE: Final = 1_000
"""Events that projectors may be left to catch up with."""
SILENCE_SECONDS: Final = 5.0
"""Without anybody keeping the new build fresh, until that is said."""
NOTICE_SECONDS: Final = 1.5
"""Projectors look every second which builds there are."""


class Result(NamedTuple):
    build: Build
    events: int
    documents: int
    parked: int
    """Events that can't be folded, and those that wait behind them."""
    seconds: float
    resumed: bool
    finished_only: bool
    """There was nothing to rebuild: a switch that had been interrupted was brought to its end."""
    comparison: Comparison | None


@dataclass(slots=True)
class Rebuild:
    model: ReadModel
    outside: Outside
    in_place: bool = False
    restart: bool = False
    accept_missing: bool = False
    events: int = 0
    documents: int = 0
    parked: int = 0
    resumed: bool = False
    _began: float = field(default_factory=time.monotonic)

    def run(self) -> Result:
        outside = self.outside
        builds = outside.lifecycle.builds(self.model.name)
        if (found := unfinished(outside, self.model.name)) is not None:
            finish(outside, found)
            self._bury()
            return self._result(found.live, None, finished_only=True)
        new = self._take_up(builds) or self._begin(builds)
        try:
            if new.build.state == "building":
                new = self.fill(new)
            comparison = self._before_the_switch(new)
            self._switch(new)
        finally:
            new.close()
        self._bury()
        return self._result(new.build, comparison, finished_only=False)

    def fill(self, new: Opened) -> Opened:
        """Round after round, each shorter than the one before, until projectors can take over."""
        while True:
            left = self._round(new)
            if left <= LITTLE:
                break
        self.outside.workbench.finish(new.build)
        if not new.store.keeps_marks:
            self._tell_readers(new)
        reach("rebuild.filled")
        return new._replace(build=self.outside.lifecycle.follow(new.build))

    def _tell_readers(self, new: Opened) -> None:
        """Whatever is in the build is searchable now, and nobody else would say so while all is quiet."""
        marks = new.marks(list(self.outside.history.ends().offsets))
        self.outside.board.applied(new.build, marks)
        self.outside.board.searchable(new.build, {one: mark.position for one, mark in marks.items()})

    def _round(self, new: Opened) -> int:
        """Folds up to where history ends now; how many events came meanwhile."""
        history, outside = self.outside.history, self.outside
        ends = history.ends()
        marks = new.marks(list(ends.offsets))
        total = history.length(marks, ends)
        # What is not marked yet has to be known as well: keys that are parked there wait.
        known = {one: marks.get(one, BEGINNING) for one in ends.offsets}
        replay = Replay(
            new.store, new.desk, outside.originals, known, is_fresh=not self.resumed, may_write=outside.demand
        )
        done = 0
        try:
            for stretch in history.read(marks, ends):
                replay.feed(stretch)
                done += stretch.events
                self.events += stretch.events
                outside.step("fold", done, total)
            replay.settle()
        finally:
            replay.close()
        self.documents += replay.documents
        self.parked += replay.parked
        outside.step("fold", total, total)
        return history.length(new.marks(list(ends.offsets)), history.ends())

    def _take_up(self, builds: Sequence[Build]) -> Opened | None:
        """The build that an earlier run has left, where it can be gone on with."""
        found = None
        for build in builds:
            if build.state not in {"building", "following"}:
                continue
            if found is None and not self.restart and can_go_on(self.outside, self.model, build):
                found = self.outside.open(build)
            else:
                self.outside.say(f"What an earlier run had begun as {build.tag} is thrown away.")
                self.outside.lifecycle.retire(build)
        self.resumed = found is not None
        return found

    def _begin(self, builds: Sequence[Build]) -> Opened:
        live = live_of(builds)
        if live is not None and live.generation == self.model.generation and live.digest != self.model.digest:
            raise Misconfigured(
                f"{self.model.name} has another shape than its build {live.tag}, under the same generation: "
                "raise the generation, then rebuild it."
            )
        if self.in_place:
            self._make_room(builds)
        row = self.outside.lifecycle.begin(self.model.generation, self.model.digest)
        opened = self.outside.open(row)
        identity = opened.store.create()
        opened.close()
        build = self.outside.lifecycle.made(row, identity)
        self.outside.workbench.prepare(build)
        reach("rebuild.begun")
        return self.outside.open(build)

    def _make_room(self, builds: Sequence[Build]) -> None:
        """Readers first, so that none is answered from a build that is being emptied."""
        self.outside.curtain.hide(self.model.name)
        for build in builds:
            if build.state in {"live", "old"}:
                self.outside.lifecycle.retire(build)
        self._bury()

    def _before_the_switch(self, new: Opened) -> Comparison | None:
        self.await_freshness(new)
        live = self._live_one()
        if live is None:
            return None
        try:
            comparison = compare(self.outside, live, new)
        except (Lost, Unavailable) as error:
            self.outside.say(f"The live build can't be compared: {error}")
            comparison = None
        finally:
            live.close()
        if comparison is not None and comparison.missing and not self.accept_missing:
            raise Refusal(
                f"Not switched: the live build has {comparison.missing[0]} (one of {len(comparison.missing)}), which "
                f"the log knows nothing of, or which is parked for the new one (`orders parked list --consumer "
                f"{new.build.consumer}`); that one waits as {new.build.tag}. Look into it, then run it again with "
                "--accept-missing.",
                code="documents_missing",
            )
        self.await_freshness(new)
        return comparison

    def await_freshness(self, new: Opened) -> None:
        """Until the new build has every position that the live one has."""
        waited, said = 0.0, False
        while (behind := self.behind(new)) > 0:
            self.outside.step("catch up", 0, None)
            if waited > SILENCE_SECONDS and not said:
                said = True
                self.outside.say(
                    f"{new.build.tag} is behind the live build in {behind} partitions: a projector of this version has "
                    "to run, so that it catches up (`orders projector`)."
                )
            self.outside.demand()
            self.outside.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS

    def behind(self, new: Opened) -> int:
        """In how many partitions. The live one is looked at first: what the new one has then, it had at that time."""
        live = self._live_one()
        if live is None:
            return 0
        try:
            partitions = list(self.outside.history.ends().offsets)
            theirs = live.marks(partitions)
            return len(lacking(new.marks(partitions), theirs))
        except Lost:
            return 0
        finally:
            live.close()

    def _live_one(self) -> Opened | None:
        build = live_of(self.outside.lifecycle.builds(self.model.name))
        if build is None:
            return None
        opened = self.outside.open(build)
        try:
            opened.store.demand(build.identity)
        except Lost as error:
            self.outside.say(str(error))
            opened.close()
            return None
        return opened

    def _switch(self, new: Opened) -> None:
        """Readers see the old build until they see the new one, and both are kept fresh."""
        live = live_of(self.outside.lifecycle.builds(self.model.name))
        reach("rebuild.before_switch")
        build = self.outside.lifecycle.switch(new.build)
        reach("rebuild.switched")
        if live is None:
            self.outside.showing.show(build)
        else:
            show_when_level(self.outside, build, live)
        reach("rebuild.shown")

    def _bury(self) -> None:
        """Takes away what nobody needs any more, once projectors have noticed that they need not keep it fresh.

        An old build that is lost is no way back, and the events that are parked for it would wait for ever.
        """
        for build in self.outside.lifecycle.builds(self.model.name):
            if build.state == "old" and is_lost(self.outside, build):
                self.outside.lifecycle.retire(build)
        retired = self.outside.lifecycle.retired()
        if retired:
            self.outside.sleep(NOTICE_SECONDS)
        for build in retired:
            opened = self.outside.open(build)
            opened.store.drop()
            opened.close()
            self.outside.lifecycle.buried(build)

    def _result(self, build: Build, comparison: Comparison | None, *, finished_only: bool) -> Result:
        seconds = time.monotonic() - self._began
        build = next(one for one in self.outside.lifecycle.builds(self.model.name) if one.number == build.number)
        return Result(build, self.events, self.documents, self.parked, seconds, self.resumed, finished_only, comparison)
