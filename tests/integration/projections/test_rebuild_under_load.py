"""A rebuild while orders come in and readers read, killed twice: nobody notices, and nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import cast

import pytest

from projections.read_model import ReadModel
from projections.stores.redis import CALL
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import Command, keep_and_publish, orders, rebuilt
from tests.support.read_models.independent import expected
from tests.support.read_models.level import demand_fold
from tests.support.read_models.load import load
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import Told, tell
from tests.support.read_models.watching import Watching
from tests.support.waiting import until

BY_NAME = {model.name: model for model in read_models()}
SEARCH, SUMMARY, CUSTOMERS = BY_NAME["order_search"], BY_NAME["order_summary"], BY_NAME["customer_orders"]
BOTH = pytest.mark.parametrize("model", [SEARCH, CUSTOMERS], ids=lambda model: model.name)
"""One of each store; that of Redis has sums and lists."""
KILLED = 137
MANY = 4 * CALL
"""Orders: Redis takes several calls for a stretch of them."""


@BOTH
@pytest.mark.slow
def test_two_kills_in_a_rebuild_under_load_are_noticed_by_no_reader(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(41, orders=3000)
    keep_and_publish(platform, log[:1000])
    rebuilt(platform, model)
    watched = sorted({told.key for told in log[:2500] if told.topic == "order.events.v1"})[::4]
    name = model.name
    with (
        start_projector(platform, name),
        Watching(platform, model, watched) as watching,
        load(partial(keep_and_publish, platform), log, 1000) as coming,
    ):
        with Command(platform, "projections", "rebuild", name, mutant="slow") as command:
            until(lambda: filled(platform, model) >= 300, "a part is folded")
            command.kill()
        with Command(platform, "projections", "rebuild", name, CRASH_POINT="rebuild.switched:1") as command:
            assert command.end()[0] == KILLED
        status, out, said = orders(platform, "projections", "rebuild", name, "--json")
        assert status == 0, said
        assert json.loads(out)["finished_only"]

        status, out, said = orders(platform, "projections", "rebuild", name, "--json")
        assert status == 0, said
        comparison = json.loads(out)["comparison"]
        looks = watching.looks
        until(lambda: watching.looks > looks + 20, "readers go on reading")
    assert (comparison["different"], comparison["missing"]) == ([], [])
    assert (watching.failures, watching.missing) == ([], [])
    if model.store == "redis":
        assert watching.went_back == []
    with start_projector(platform, name):
        until(lambda: platform.has_applied(model, log[: coming.told]), "the projector is level")
    assert platform.shown(model) == expected(log[: coming.told])[name]


@pytest.mark.slow
def test_the_mutant_that_switches_before_it_has_caught_up_is_noticed(
    platform: Platform, start_projector: StartProjector
) -> None:
    log = tell(42, orders=3000)
    keep_and_publish(platform, log[:1000])
    rebuilt(platform, SUMMARY)
    watched = sorted({told.key for told in log[:2500] if told.topic == "order.events.v1"})
    with (
        start_projector(platform, SUMMARY.name),
        Watching(platform, SUMMARY, watched) as watching,
        load(partial(keep_and_publish, platform), log, 1000),
    ):
        status, _, said = orders(platform, "projections", "rebuild", "order_summary", mutant="switch_before_caught_up")
        assert status == 0, said
        until(lambda: watching.went_back or watching.missing, "a reader finds something older than what it has seen")


@pytest.mark.parametrize("point", ["rebuild.begun:1", "rebuild.folded:2", "rebuild.written:2", "rebuild.filled:1",
                                   "rebuild.before_switch:1", "rebuild.switched:1", "rebuild.shown:1"])  # fmt: skip
@BOTH
def test_a_rebuild_that_died_anywhere_is_brought_to_its_end_by_the_next(
    platform: Platform, model: ReadModel, point: str
) -> None:
    log = tell(43, orders=50)
    keep_and_publish(platform, log)
    rebuilt(platform, model)
    status, _, said = orders(platform, "projections", "rebuild", model.name, CRASH_POINT=point)
    assert status == KILLED, said
    assert platform.shown(model) == expected(log)[model.name]

    rebuilt(platform, model)

    assert platform.shown(model) == expected(log)[model.name]
    states = [state for (state,) in platform.query("SELECT state FROM read_model_generations ORDER BY build")]
    assert states.count("live") == 1
    assert not {"building", "following"} & set(states)


def die_between_calls(platform: Platform, mutant: str) -> Sequence[Told]:
    """The log; a rebuild has died with a part of a stretch in Redis, and the next one has gone on with its build."""
    begun = list(placed(MANY))
    log = [*begun, *confirmed(begun[::3], MANY + 1)]
    keep_and_publish(platform, log)
    point = "projector.mid_bulk:1"
    status, _, said = orders(
        platform, "projections", "rebuild", CUSTOMERS.name, mutant="long_stretches", CRASH_POINT=point
    )
    assert status == KILLED, said
    assert 0 < documents(platform, CUSTOMERS) < MANY, "a part of them is there"
    assert filled(platform, CUSTOMERS) == 0, "and no mark has followed"

    status, out, said = orders(platform, "projections", "rebuild", CUSTOMERS.name, "--json", mutant=mutant)
    assert status == 0, said
    assert json.loads(out)["resumed"]
    return log


def test_a_rebuild_that_died_between_the_calls_of_one_stretch_counts_nothing_twice(platform: Platform) -> None:
    log = die_between_calls(platform, "long_stretches")

    demand_fold(platform, log, CUSTOMERS.name)


def test_a_rebuild_that_takes_what_was_left_for_nothing_counts_it_twice(platform: Platform) -> None:
    """The mutant: the test above can fail."""
    log = die_between_calls(platform, "counts_again")

    with pytest.raises(AssertionError, match=r"customer_orders: .*sums"):
        demand_fold(platform, log, CUSTOMERS.name)


def documents(platform: Platform, model: ReadModel) -> int:
    """Of the build that is being filled."""
    with platform.redis() as client:
        return sum(
            cast(int, client.hlen(key)) for key in client.scan_iter(f"{platform.prefix}:read:{{{model.name}:*}}:docs:*")
        )


def filled(platform: Platform, model: ReadModel) -> int:
    """The position up to which a build is filled that is not live yet."""
    rows = platform.query(
        "SELECT generation, build FROM read_model_generations WHERE model = %s AND state = 'building'", model.name
    )
    if not rows:
        return 0
    tag = f"g{rows[0][0]}-{rows[0][1]}"
    if model.store == "elasticsearch":
        consumer = f"projection-{model.name}-{tag}"
        found = platform.query("SELECT position FROM consumer_marks WHERE consumer = %s", consumer)
        return min((int(position) for (position,) in found), default=0)
    with platform.redis() as client:
        kept = client.hgetall(f"{platform.prefix}:read:{{{model.name}:{tag}}}:applied")
    return min((int(mark.split()[1]) for mark in dict(kept).values()), default=0)
