"""What a rebuild would do. Looks, and changes nothing: it takes no lease and makes no build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventing.consuming import Mark
from projections.generations import Build
from projections.ports import Lost
from projections.read_model import ReadModel
from projections.rebuilding.outside import Outside, live_of
from projections.rebuilding.switching import is_lost


def plan(outside: Outside, model: ReadModel, *, in_place: bool, restart: bool) -> Mapping[str, Any]:
    builds = outside.lifecycle.builds(model.name)
    live = live_of(builds)
    begun = None if restart else next((one for one in reversed(builds) if can_go_on(outside, model, one)), None)
    ends = outside.history.ends()
    marks: Mapping[Any, Mark] = {}
    if begun is not None:
        opened = outside.open(begun)
        marks = opened.marks(list(ends.offsets))
        opened.close()
    number = max((build.number for build in builds), default=0) + 1
    return {
        "model": model.name,
        "live": live.tag if live else None,
        "documents": _count(outside, live),
        "head": ends.position,
        "to_fold": outside.history.length(marks, ends),
        "goes_on_with": begun.tag if begun else None,
        "new_build": begun.tag if begun else f"g{model.generation}-{number} or later",
        "taken_away": _taken_away(builds, in_place=in_place),
        "kept_for_rollback": live.tag if live and not in_place else None,
    }


def can_go_on(outside: Outside, model: ReadModel, build: Build) -> bool:
    """Whether it was left by a rebuild that died, of this very shape, and is still there."""
    if build.state not in {"building", "following"} or not build.identity:
        return False
    if (build.generation, build.digest) != (model.generation, model.digest):
        return False
    return not is_lost(outside, build)


def _count(outside: Outside, live: Build | None) -> int | None:
    if live is None:
        return None
    opened = outside.open(live)
    try:
        opened.store.demand(live.identity)
        return outside.workbench.count(live)
    except Lost:
        return None
    finally:
        opened.close()


def _taken_away(builds: Sequence[Build], *, in_place: bool) -> Sequence[str]:
    states = {"live", "old"} if in_place else {"old"}
    return [build.tag for build in builds if build.state in states]
