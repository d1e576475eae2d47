"""The last step of a rebuild and of a rollback: the row in Postgres says which build is live, then readers follow it.

Whoever dies in between leaves the two apart: readers go on with the build that they saw, which is kept fresh as the old
one. Whoever comes next, to rebuild or to roll back, finishes that switch before anything else. Beginning another one
instead would do the opposite of what was asked: going back from a build that readers have not seen leads to it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from eventing.consuming import BEGINNING
from eventing.errors import Unavailable
from projections.generations import Build
from projections.ports import Lost
from projections.rebuilding.outside import Opened, Outside, live_of
from projections.replay_ports import is_shown, lacking

LOOK_SECONDS: Final = 0.05
MOMENT_SECONDS: Final = 0.002
WAIT_SECONDS: Final = 30.0


class Unfinished(NamedTuple):
    live: Build
    """By the row."""
    seen: Build | None
    """What readers are answered from; None if nothing is known of it any more."""


def unfinished(outside: Outside, model: str) -> Unfinished | None:
    builds = outside.lifecycle.builds(model)
    live, shown = live_of(builds), outside.showing.shown(model)
    if live is None or shown is None or is_shown(shown, live) or is_lost(outside, live):
        return None
    return Unfinished(live, next((build for build in builds if is_shown(shown, build)), None))


def finish(outside: Outside, found: Unfinished) -> None:
    live, seen = found
    if seen is None or is_lost(outside, seen):
        outside.showing.show(live)
        return
    await_as_fresh(outside, live, seen)
    if live.number > seen.number:
        show_when_level(outside, live, seen)
    else:
        outside.showing.show(live)


def show_when_level(outside: Outside, new: Build, seen: Build) -> None:
    while not outside.showing.show_when_level(new, seen):
        outside.demand()
        outside.sleep(MOMENT_SECONDS)


def await_as_fresh(outside: Outside, ours: Build, theirs: Build) -> None:
    """Raises `Lost` if ours is. Theirs may be: then nobody reads from it any more, and there is nothing to wait for."""
    waited = 0.0
    opened = outside.open(ours)
    try:
        opened.store.demand(ours.identity)
        while behind := _behind(outside, opened, theirs):
            if waited >= WAIT_SECONDS:
                raise Unavailable(
                    f"{ours.tag} is behind {theirs.tag}, which readers see, in {behind} partitions, and nobody brings "
                    f"it up: start an `orders projector` that knows its generation {ours.generation}, then try again."
                )
            outside.demand()
            outside.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS
    finally:
        opened.close()


def is_lost(outside: Outside, build: Build) -> bool:
    opened = outside.open(build)
    try:
        opened.store.demand(build.identity)
    except Lost:
        return True
    finally:
        opened.close()
    return False


def _behind(outside: Outside, ours: Opened, build: Build) -> int:
    """In how many partitions. What was read to its end holds whatever had been published by then, also where its last
    event was long ago."""
    theirs = outside.open(build)
    try:
        theirs.store.demand(build.identity)
        ends = outside.history.ends()
        reached = theirs.marks(list(ends.offsets))
    except Lost:
        return 0
    finally:
        theirs.close()
    marks = ours.marks(list(ends.offsets))
    return sum(1 for one in lacking(marks, reached) if marks.get(one, BEGINNING).offset < ends.offsets[one])
