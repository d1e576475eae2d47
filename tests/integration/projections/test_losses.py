"""A store that no longer has what was written is noticed and said, and never filled from the middle."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from projections.read_model import ReadModel
from projections.stores.elasticsearch_connecting import ask, connect
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import keep, rebuilt
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform, record
from tests.support.read_models.said import last_error, readiness, reported_at, state
from tests.support.read_models.story import tell
from tests.support.waiting import until

MODELS = {model.name: model for model in read_models()}
SEARCH, CUSTOMERS = MODELS["order_search"], MODELS["customer_orders"]


def lose(platform: Platform, model: ReadModel) -> None:
    if model.store == "redis":
        with platform.redis() as keys:
            keys.flushdb()
        return
    client = connect(platform.settings.elasticsearch)
    ask(client, "DELETE", f"/{platform.prefix}-{model.name}-g1-1")
    client.close()


def test_an_emptied_redis_is_noticed_said_and_not_filled_from_the_middle(
    platform: Platform, start_projector: StartProjector
) -> None:
    log = tell(4, orders=30)
    platform.publish(log[:100])
    projector = start_projector(platform, "customer_orders", "order_search")
    for model in (CUSTOMERS, SEARCH):
        until(partial(platform.has_applied, model, log[:100]), "it is level")

    with platform.redis() as client:
        client.flushdb()
    platform.publish(log[100:])

    until(lambda: state(platform, "customer_orders") == "lost", "it is said")
    assert "orders projections rebuild customer_orders" in last_error(platform, "customer_orders")
    until(lambda: platform.has_applied(SEARCH, log), "the other model goes on")
    assert platform.shown(SEARCH) == expected(log)["order_search"]
    build = platform.build("customer_orders")
    assert build is not None
    assert platform.documents_in_redis(build) == 0
    status, found = platform.orders("projections", "list", "--json")
    assert status == 1
    assert {one["model"]: one["state"] for one in found if one["build"]} == {
        "customer_orders": "lost",
        "order_search": "running",
    }
    assert readiness(projector)[1]["status"] == "degraded"

    # also by a projector that begins only now
    assert projector.end() == 0
    again = start_projector(platform, "customer_orders")
    until(lambda: state(platform, "customer_orders") == "lost", "it is said again")
    assert readiness(again)[0] == 503


def test_a_deleted_index_is_noticed_said_and_not_made_anew(platform: Platform, start_projector: StartProjector) -> None:
    log = tell(6, orders=30)
    platform.publish(log[:100])
    start_projector(platform, "order_search")
    until(lambda: platform.has_applied(SEARCH, log[:100]), "it is level")
    client = connect(platform.settings.elasticsearch)
    ask(client, "DELETE", f"/{platform.prefix}-order_search-g1-1")

    platform.publish(log[100:])

    until(lambda: state(platform, "order_search") == "lost", "it is said")
    assert "orders projections rebuild order_search" in last_error(platform, "order_search")
    assert ask(client, "GET", f"/{platform.prefix}-order_search-g1-1") is None
    client.close()


@pytest.mark.parametrize("model", [CUSTOMERS, SEARCH], ids=lambda model: model.name)
def test_a_loss_is_noticed_and_said_without_another_event(
    platform: Platform, start_projector: StartProjector, model: ReadModel
) -> None:
    log = tell(7, orders=10)
    platform.publish(log)
    projector = start_projector(platform, model.name)
    until(lambda: platform.has_applied(model, log), "it is level")
    until(lambda: state(platform, model.name) == "running", "it says so")

    lose(platform, model)

    until(lambda: state(platform, model.name) == "lost", "it is said")
    assert f"orders projections rebuild {model.name}" in last_error(platform, model.name)
    status, found = platform.orders("projections", "list", "--json")
    assert status == 1
    assert {one["model"]: one["state"] for one in found if one["build"]} == {model.name: "lost"}
    assert readiness(projector)[0] == 503


def test_what_waits_for_a_build_that_was_lost_goes_with_it(platform: Platform, start_projector: StartProjector) -> None:
    log = tell(8, orders=10)
    keep(platform, log)
    value, headers = record(log[-1])
    platform.publish(log[:-1])
    platform.publish_raw([(log[-1].topic, log[-1].key, value[:-3], headers)])
    start_projector(platform, "order_search")
    until(lambda: platform.orders("parked", "list", "--json")[1], "what can't be read waits")

    lose(platform, SEARCH)
    rebuilt(platform, SEARCH)

    assert platform.shown(SEARCH) == expected(log)["order_search"]
    assert platform.orders("parked", "list", "--json")[1] == []
    assert platform.query("SELECT build FROM read_model_generations WHERE state = 'old'") == []


@pytest.mark.parametrize("model", [CUSTOMERS, SEARCH], ids=lambda model: model.name)
def test_a_projector_that_looks_at_its_store_only_at_first_says_that_it_runs(
    platform: Platform, start_projector: StartProjector, model: ReadModel
) -> None:
    """The mutant: the test above can fail."""
    log = tell(7, orders=10)
    platform.publish(log)
    start_projector(platform, model.name, mutant="looks_at_first")
    until(lambda: platform.has_applied(model, log), "it is level")

    lose(platform, model)

    (at,) = platform.query("SELECT clock_timestamp()")[0]
    until(lambda: reported_at(platform, model.name) > at + timedelta(seconds=4), "it has told of itself since")
    assert state(platform, model.name) == "running"
