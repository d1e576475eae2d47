"""Back to the build that was live before. It was kept fresh, so nothing is filled: it is looked at, and switched to."""

from __future__ import annotations

from typing import NamedTuple

from eventing.crash_points import reach
from eventing.errors import Refusal
from projections.generations import Build
from projections.ports import Lost
from projections.rebuilding.outside import Outside, live_of
from projections.rebuilding.switching import await_as_fresh, finish, unfinished


class RolledBack(NamedTuple):
    build: Build
    """Which is live now."""
    finished_only: bool
    """There was no going back: a switch that had been interrupted was brought to its end."""


def roll_back(outside: Outside, model: str) -> RolledBack:
    """The build that was live is kept as the old one."""
    if (found := unfinished(outside, model)) is not None:
        finish(outside, found)
        return RolledBack(found.live, finished_only=True)
    builds = outside.lifecycle.builds(model)
    live, old = live_of(builds), next((build for build in reversed(builds) if build.state == "old"), None)
    if live is None or old is None:
        raise Refusal(f"{model} has no older build to go back to.", code="no_older_build")
    try:
        await_as_fresh(outside, old, live)
    except Lost as error:
        raise Refusal(f"The older build {old.tag} of {model} is gone: rebuild it instead.", code="lost") from error
    reach("rebuild.before_switch")
    build = outside.lifecycle.switch(old)
    reach("rebuild.switched")
    outside.showing.show(build)
    return RolledBack(build, finished_only=False)
