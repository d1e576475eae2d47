"""After the last fault: everything runs, everything comes to rest, or it is told what does not."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from tests.soak.children import finished
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
    """None if it did not come to rest."""
    left: dict[str, int]
    """What had not, by what it is."""


def settle(platform: Platform) -> Settled:
    began = time.monotonic()
    done = until(lambda: not any(open_work(platform).values()), LONGEST)
    rebuild_lost(platform)
    done = done and until(lambda: not any({**open_work(platform), "views": views_behind(platform)}.values()), LONGEST)
    left = {**open_work(platform), "views": views_behind(platform)}
    return Settled(time.monotonic() - began if done is not None else None, left)


def open_work(platform: Platform) -> dict[str, int]:
    return {
        "orders open": int(platform.query(_OPEN_ORDERS)[0][0]),
        "events unpublished": int(platform.query(_UNPUBLISHED)[0][0]),
        "intents open": int(platform.query(_OPEN_INTENTS)[0][0]),
    }


def rebuild_lost(platform: Platform) -> None:
    """As an operator does who reads `orders projections list`."""
    for model in projections(platform):
        if model["state"] == "lost":
            finished(["projections", "rebuild", str(model["model"]), "--quiet"], platform.environment())


def views_behind(platform: Platform) -> int:
    return sum(int(model["lag_events"] or 0) for model in projections(platform))


def projections(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(finished(["projections", "list", "--json"], platform.environment()))
    return found
