"""A document that no projector has written stops nothing but its own order, and is found and repaired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from projections.read_model import ReadModel
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.integration.projections.test_verify import verified
from tests.support.read_models.history import contents, keep_and_publish, rebuilt
from tests.support.read_models.level import demand_fold
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import Platform
from tests.support.read_models.said import state
from tests.support.read_models.tampering import (
    kept_in_elasticsearch,
    kept_in_redis,
    put_into_elasticsearch,
    put_into_redis,
)
from tests.support.waiting import until

BY_NAME = {model.name: model for model in read_models()}
SEARCH, CUSTOMERS = BY_NAME["order_search"], BY_NAME["customer_orders"]
BAD = "many-000003"
PLACED = list(placed(20))
LOG = [*PLACED, *confirmed(PLACED, 21)]


def without_a_head(platform: Platform) -> None:
    put_into_redis(platform, CUSTOMERS, BAD, b"strange " + kept_in_redis(platform, CUSTOMERS, BAD))


def cut_off(platform: Platform) -> None:
    put_into_redis(platform, CUSTOMERS, BAD, kept_in_redis(platform, CUSTOMERS, BAD)[:-10])


def without_a_position(platform: Platform) -> None:
    source = kept_in_elasticsearch(platform, SEARCH, BAD)
    put_into_elasticsearch(platform, SEARCH, BAD, {one: it for one, it in source.items() if one != "position"})


EACH = pytest.mark.parametrize(
    ("model", "spoil"), [(CUSTOMERS, without_a_head), (CUSTOMERS, cut_off), (SEARCH, without_a_position)]
)


def parked(platform: Platform) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = platform.orders("parked", "list", "--json")[1]
    return found


@EACH
def test_it_is_named_and_repaired(platform: Platform, model: ReadModel, spoil: Callable[[Platform], None]) -> None:
    keep_and_publish(platform, PLACED)
    rebuilt(platform, model)
    before = contents(platform, model)

    spoil(platform)

    status, said = platform.orders("projections", "verify", model.name)
    assert status == 1, said
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [["different", BAD]]
    assert platform.orders("projections", "verify", model.name, "--repair")[0] == 0
    assert platform.orders("projections", "verify", model.name)[0] == 0
    assert contents(platform, model) == before


@EACH
def test_the_next_event_of_its_order_waits_until_it_is_repaired_and_all_others_flow(
    platform: Platform, model: ReadModel, spoil: Callable[[Platform], None], start_projector: StartProjector
) -> None:
    keep_and_publish(platform, PLACED)
    rebuilt(platform, model)
    spoil(platform)

    start_projector(platform, model.name)
    keep_and_publish(platform, LOG[len(PLACED) :])

    until(partial(platform.has_applied, model, LOG), "all others flow")
    assert [(one["key"], one["cause_code"]) for one in parked(platform)] == [(BAD, "unreadable")]
    until(lambda: state(platform, model.name) == "running", "its report, once a second, says so")
    verdict, repaired = verified(platform, model, mend=True)
    assert [(one.kind, one.id) for one in verdict.findings] == [("different", BAD)]
    assert repaired is not None
    assert (repaired.repaired, repaired.left) == ([BAD], [])
    assert platform.orders("projections", "verify", model.name, "--repair")[0] == 0, "and its sums"
    asked = platform.orders("parked", "retry", "--key", BAD, "--reason", "it is repaired", "--quiet")
    assert asked[0] == 0, asked[1]
    until(lambda: not parked(platform), "nothing is parked any more")
    demand_fold(platform, LOG, model.name)
    assert platform.orders("projections", "verify", model.name)[0] == 0
