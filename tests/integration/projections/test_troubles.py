"""What goes wrong with one thing concerns that thing alone: one key, one store, one model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from event_schemas.order.placed import OrderPlaced
from event_schemas.values import OrderLine
from projections.stores.elasticsearch_connecting import ask, connect
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform, record
from tests.support.read_models.said import state
from tests.support.read_models.story import BEGAN, Told, placing, tell
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

MODELS = {model.name: model for model in read_models()}
SEARCH, SUMMARY, CUSTOMERS = MODELS["order_search"], MODELS["order_summary"], MODELS["customer_orders"]
TOO_MANY_LINES = 10_001
"""More nested documents than an index takes in one document unless it is told otherwise."""


def placed_orders(count: int, *, poison: int) -> list[Told]:
    chance = random.Random(1)
    log = []
    for number in range(count):
        event = placing(f"order-{number:04d}", chance)
        if number == poison:
            event = swollen(event)
        log.append(Told(event, f"order-{event.order_id}", 1, number + 1, BEGAN))
    return log


def swollen(event: OrderPlaced) -> OrderPlaced:
    return replace(event, lines=(OrderLine(sku="A", name="", quantity=1, unit_price=1),) * TOO_MANY_LINES)


def parked(platform: Platform) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = platform.orders("parked", "list", "--json")[1]
    return found


def test_one_poison_document_in_a_bulk_of_500(platform: Platform, start_projector: StartProjector) -> None:
    log = placed_orders(500, poison=250)
    poisoned = log[250].key
    platform.publish(log)

    start_projector(platform, "order_search")

    until(lambda: platform.has_applied(SEARCH, log), "it goes on")
    shown = platform.shown(SEARCH).documents
    assert len(shown) == 499
    assert poisoned not in shown
    (waiting,) = parked(platform)
    assert (waiting["key"], waiting["cause_code"], waiting["position"]) == (poisoned, "refused_document", 251)
    assert "nested" in waiting["cause"]

    # what comes later of the same order waits behind it, and all of it is tried again when the cause is gone
    later = tell_confirmed(poisoned, 501)
    platform.publish(later)
    until(lambda: len(parked(platform)) == 2, "what follows is parked behind")
    index = f"{platform.prefix}-order_search-g1-1"
    client = connect(platform.settings.elasticsearch)
    ask(client, "PUT", f"/{index}/_settings", {"index.mapping.nested_objects.limit": 20_000})
    client.close()
    status, _ = platform.orders("parked", "retry", "--key", poisoned, "--reason", "the limit is raised", "--quiet")
    assert status == 0
    until(lambda: not parked(platform), "nothing is parked any more")
    assert platform.shown(SEARCH) == expected([*log, *later])["order_search"]


def test_a_projector_that_ignores_the_items_of_a_bulk_loses_one(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The mutant: the test above can fail."""
    log = placed_orders(500, poison=250)
    platform.publish(log)

    start_projector(platform, "order_search", mutant="deaf_to_items")

    until(lambda: platform.has_applied(SEARCH, log), "it goes on")
    assert len(platform.shown(SEARCH).documents) == 499
    assert not parked(platform)


def test_bytes_that_are_no_event_park_their_key_alone(platform: Platform, start_projector: StartProjector) -> None:
    log = tell(3, orders=30)
    broken = next(told for told in log if told.type == "order.placed")
    value, headers = record(broken)
    platform.publish_raw(
        (told.topic, told.key, *((value[:-3], headers) if told is broken else record(told))) for told in log
    )

    start_projector(platform, "customer_orders", "order_summary")

    for model in (CUSTOMERS, SUMMARY):
        until(partial(platform.has_applied, model, log), "it goes on")
        wanted = expected([told for told in log if told.key != broken.key])[model.name]
        assert platform.shown(model) == wanted
    heard = [told for told in log if told.key == broken.key and told.type in SUMMARY.heard_by]
    waiting = [one for one in parked(platform) if "order_summary" in one["consumer"]]
    assert [one["position"] for one in waiting] == [told.position for told in heard]
    assert waiting[0]["cause_code"] == "unreadable"
    assert {one["cause_code"] for one in waiting[1:]} <= {"queued_behind"}


@pytest.mark.parametrize("server", ["redis", "elasticsearch"])
def test_a_store_that_is_down_pauses_its_models_alone(
    platform: Platform, start_projector: StartProjector, server: str
) -> None:
    log = tell(8, orders=40)
    address = urlsplit(platform.redis_url if server == "redis" else platform.elasticsearch_url)
    platform.publish(log[:120])
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        behind = address._replace(netloc=f"{proxy.host}:{proxy.port}").geturl()
        start_projector(platform, "order_summary", "order_search", **{f"{server.upper()}__URL": behind})
        for model in (SUMMARY, SEARCH):
            until(partial(platform.has_applied, model, log[:120]), "it is level")
        down, up = (SUMMARY, SEARCH) if server == "redis" else (SEARCH, SUMMARY)

        proxy.refuse()
        proxy.cut()
        platform.publish(log[120:])

        until(lambda: platform.has_applied(up, log), f"{up.name} goes on")
        until(lambda: state(platform, down.name) == "paused", f"{down.name} is paused")
        assert not platform.has_applied(down, log)

        proxy.accept()
        until(lambda: platform.has_applied(down, log), f"{down.name} comes after")
        until(lambda: state(platform, down.name) == "running", "it says so")
    for model in (SUMMARY, SEARCH):
        assert platform.shown(model) == expected(log)[model.name]


def test_without_postgres_redis_models_go_on_and_elasticsearch_models_wait(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The marks of the latter stand in Postgres; those of the former move with their documents."""
    log = tell(9, orders=40)
    address = urlsplit(platform.postgres_url)
    platform.publish(log[:120])
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        login = address.netloc.rpartition("@")[0]
        behind = address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()
        start_projector(platform, "order_summary", "order_search", POSTGRES__URL=behind)
        for model in (SUMMARY, SEARCH):
            until(partial(platform.has_applied, model, log[:120]), "it is level")

        proxy.refuse()
        proxy.cut()
        platform.publish(log[120:])

        until(partial(platform.has_applied, SUMMARY, log), "the Redis model goes on")
        assert not platform.has_applied(SEARCH, log)
        proxy.accept()
        until(partial(platform.has_applied, SEARCH, log), "the other one comes after")
    for model in (SUMMARY, SEARCH):
        assert platform.shown(model) == expected(log)[model.name]


def tell_confirmed(order_id: str, position: int) -> list[Told]:
    from event_schemas.order.confirmed import OrderConfirmed

    return [Told(OrderConfirmed(order_id=order_id), f"order-{order_id}", 2, position, BEGAN)]
