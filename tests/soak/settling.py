"""After the last fault: everything runs, everything comes to rest, or it is told what does not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.soak.platform import Platform, until

LONGEST = 180.0

_OPEN_ORDERS = """
    SELECT count(*) FROM events placed WHERE placed.type = 'order.placed' AND NOT EXISTS (
        SELECT FROM events ended WHERE ended.stream = placed.stream
        AND ended.type IN ('order.confirmed', 'order.failed', 'order.cancelled'))
"""
_UNPUBLISHED = "SELECT head - checkpoint FROM relay_status"
_OPEN_INTENTS = "SELECT count(*) FROM open_intents"


class Settled(NamedTuple):
    seconds: float | None
    """From when everything was healed. None if it did not come to rest."""
    left: dict[str, int]
    """What had not, by what it is."""


def settle(platform: Platform, healed: float) -> Settled:
    done = until(lambda: not any(open_work(platform).values()), LONGEST)
    if done is not None:
        done = until(lambda: views_rest(platform) and not any(open_work(platform).values()), LONGEST)
    # Looked at once more, for as long: of a partition that goes from one process to another nothing is known a while.
    rested = until(lambda: not views_behind(platform), LONGEST if done is not None else 0)
    left = {**open_work(platform), "views": views_behind(platform) if rested is None else 0}
    return Settled(time.time() - healed if done is not None else None, left)


def open_work(platform: Platform) -> dict[str, int]:
    return {
        "orders open": int(platform.query(_OPEN_ORDERS)[0][0]),
        "events unpublished": int(platform.query(_UNPUBLISHED)[0][0]),
        "intents open": int(platform.query(_OPEN_INTENTS)[0][0]),
    }


def views_rest(platform: Platform) -> bool:
    """Once an operator has made anew what is lost, as `orders projections list` says, or was left half done."""
    models = platform.operator.projections()
    if models is None:
        return False
    lost = {str(model["model"]) for model in models if model["shown"] == "live" and model["state"] == "lost"}
    if to_do := lost | platform.operator.unfinished:
        for model in sorted(to_do):
            platform.operator.rebuild(model)
        return False  # what was told is of the builds before
    return not behind(models)


def views_behind(platform: Platform) -> int:
    models = platform.operator.projections()
    return 1 if models is None else behind(models)


def behind(models: Sequence[Mapping[str, Any]]) -> int:
    """Events that are not in a live read model, and live ones that are not well or of which nobody can say yet."""
    live = [model for model in models if model["shown"] in {"live", "none"}]
    unwell = sum(bool(model["state"] != "running") for model in live)
    return unwell + sum(1 if model["lag_events"] is None else int(model["lag_events"]) for model in live)
