"""A projector that was out of touch says that it is there before it remembers anything again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

from projections.awareness import UNSEEN_SECONDS, Awareness
from projections.generations import Build
from projections.projector import Projection
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from projections.standing import Standing
from projections.supervising import Hired, Supervisor

BUILD = Build("customer_orders", 1, 1, "live", CUSTOMER_ORDERS.digest, "", datetime(2026, 11, 26, tzinfo=UTC), mended=3)


class Database:
    """What is asked of it, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def builds(self, model: str) -> Sequence[Build]:
        self.asked.append("builds")
        return [BUILD]

    def write(self, build: Build, standing: Standing) -> None:
        self.asked.append(f"report of {build.model}, mended {standing.mended}")


def supervisor(database: Database, awareness: Awareness) -> Supervisor:
    nothing = cast(Any, None)
    made = Supervisor([CUSTOMER_ORDERS], cast(Any, database), nothing, nothing, nothing, cast(Any, database), nothing)
    projection = SimpleNamespace(model=CUSTOMER_ORDERS, build=BUILD, standing=Standing(), awareness=awareness)
    made._hired[BUILD.model, BUILD.number] = Hired(cast(Projection, projection), Thread())
    return made


def test_one_that_was_out_of_touch_reports_before_it_looks_which_repairs_there_were() -> None:
    """A repair that counts before the report is seen; one that counts after it waits."""
    now = [0.0]
    database, awareness = Database(), Awareness(0, clock=lambda: now[0])
    supervised = supervisor(database, awareness)

    supervised._look_after(CUSTOMER_ORDERS)
    assert database.asked == ["builds"], "it is not lost, and reports in its turn"

    now[0] = UNSEEN_SECONDS + 1
    awareness.see(0, 0.0)
    supervised._look_after(CUSTOMER_ORDERS)

    assert database.asked[1:] == ["report of customer_orders, mended 0", "builds"]
    assert awareness.mended == 3
