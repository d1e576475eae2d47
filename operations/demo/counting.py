"""The orders of the demo, counted in each place that has them: the store, the topic, Elasticsearch and Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eventing.errors import OrderloomError
from eventing.postgres.addresses import postgres_url
from eventing.postgres.database import Database
from operations.demo.stage import Stage
from projections.read_models.order_search import ORDER_SEARCH
from projections.read_models.order_summary import ORDER_SUMMARY
from projections.stores.generations import PostgresGenerations
from projections.wiring import open_store

PLACED = "order.placed"
SHOWN = {"Elasticsearch": ORDER_SEARCH, "Redis": ORDER_SUMMARY}


def counted(stage: Stage) -> str:
    orders = list(stage.board.states)
    database = Database(postgres_url(stage.settings), application_name="orderloom demo", patience=10.0)
    try:
        counts = {
            "the store": _stored(database, orders),
            "Kafka": stage.board.events[PLACED],
            **_shown(stage, database, orders),
        }
    finally:
        database.close()
    told = ", ".join(f"{count} in {place}" for place, count in counts.items())
    if set(counts.values()) != {len(orders)}:
        raise OrderloomError(f"Of {len(orders)} orders there are {told}: run `orders projections verify order_search`.")
    return f"Counted in each place: {told}."


def _stored(database: Database, orders: Sequence[str]) -> int:
    query = "SELECT count(*) FROM events WHERE version = 1 AND stream = ANY (%s)"
    ((count,),) = database.query(query, ([f"order-{order}" for order in orders],))
    return int(count)


def _shown(stage: Stage, database: Database, orders: Sequence[str]) -> Mapping[str, int]:
    generations, found = PostgresGenerations(database), {}
    for place, model in SHOWN.items():
        build = generations.live(model.name)
        if build is None:
            raise OrderloomError(f"{model.name} is not kept fresh: run `orders projector`.")
        store = open_store(stage.settings, model, build)
        found[place] = len(store.read(orders))
        store.close()
    return found
