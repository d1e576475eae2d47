"""Back to the build that was live before. It was kept fresh, so nothing is filled: it is looked at, and switched to."""

from __future__ import annotations

from typing import Final

from eventing.crash_points import reach
from eventing.errors import Refusal, Unavailable
from projections.generations import Build
from projections.ports import Lost
from projections.rebuilding.outside import Opened, Outside, live_of
from projections.rebuilding.rebuild import LOOK_SECONDS
from projections.replay_ports import lacking

WAIT_SECONDS: Final = 30.0


def roll_back(outside: Outside, model: str) -> Build:
    """The build that is live now; the one that was is kept as the old one."""
    builds = outside.lifecycle.builds(model)
    old = next((build for build in reversed(builds) if build.state == "old"), None)
    if old is None:
        raise Refusal(f"{model} has no older build to go back to.", code="no_older_build")
    opened = outside.open(old)
    try:
        opened.store.demand(old.identity)
        _await_freshness(outside, opened)
    except Lost as error:
        raise Refusal(f"The older build {old.tag} of {model} is gone: rebuild it instead.", code="lost") from error
    finally:
        opened.close()
    reach("rebuild.before_switch")
    build = outside.lifecycle.switch(old)
    reach("rebuild.switched")
    outside.showing.show(build)
    return build


def _await_freshness(outside: Outside, old: Opened) -> None:
    """A live build that is lost has nothing to be compared with: going back is what helps then."""
    waited = 0.0
    while behind := _behind(outside, old):
        if waited >= WAIT_SECONDS:
            raise Unavailable(
                f"{old.build.tag} is behind the live build in {behind} partitions, and nobody brings it up: "
                f"start an `orders projector` that knows its generation {old.build.generation}."
            )
        outside.demand()
        outside.sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS


def _behind(outside: Outside, old: Opened) -> int:
    """What was read to its end holds whatever had been published by then, also where its last event was long ago."""
    live = live_of(outside.lifecycle.builds(old.build.model))
    if live is None:
        return 0
    opened = outside.open(live)
    try:
        opened.store.demand(live.identity)
        ends = outside.history.ends()
        theirs = opened.marks(list(ends.offsets))
    except Lost:
        return 0
    finally:
        opened.close()
    ours = old.marks(list(ends.offsets))
    return sum(1 for one in lacking(ours, theirs) if one not in ours or ours[one].offset < ends.offsets[one])
