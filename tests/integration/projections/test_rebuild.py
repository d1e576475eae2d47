"""A read model is folded anew from the events, and readers are switched to it: the same bytes, from either source."""

from __future__ import annotations

import json

import pytest

from eventing.errors import Misconfigured, Refusal
from projections.read_model import ReadModel
from projections.rebuilding.rollback import roll_back
from projections.rebuilding.wiring import workplace
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import Command, contents, keep, keep_and_publish, orders, rebuilt, settings_of
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.waiting import until

MODELS = read_models()
BY_NAME = {model.name: model for model in MODELS}
SEARCH, SUMMARY, SALES = BY_NAME["order_search"], BY_NAME["order_summary"], BY_NAME["sales_by_day"]
BOTH = pytest.mark.parametrize("model", [SEARCH, SALES], ids=lambda model: model.name)


def test_rebuilds_are_the_fold_of_the_log_and_give_the_same_bytes_again_from_either_source(platform: Platform) -> None:
    log = tell(11, orders=40)
    keep_and_publish(platform, log)
    wanted = expected(log)
    for model in MODELS:
        rebuilt(platform, model)
        assert platform.shown(model) == wanted[model.name], model.name
        first = contents(platform, model)

        again = rebuilt(platform, model)
        assert contents(platform, model) == first, model.name
        assert again.comparison is not None
        assert again.comparison.is_equal

        rebuilt(platform, model, from_kafka=True)
        assert contents(platform, model) == first, model.name


@BOTH
def test_a_projector_goes_on_exactly_where_a_rebuild_from_the_store_ends(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(12, orders=60)
    keep_and_publish(platform, log[:300])
    keep(platform, log[300:350])  # in the store, and not yet in Kafka

    rebuilt(platform, model)
    assert platform.shown(model) == expected(log[:350])[model.name]

    keep(platform, log[350:])
    platform.publish(log[250:])  # what a relay has to publish once more comes twice
    with start_projector(platform, model.name):
        until(lambda: platform.has_applied(model, log), "the projector is level")
    assert platform.shown(model) == expected(log)[model.name]


@BOTH
def test_what_was_live_is_kept_fresh_for_the_way_back(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(13, orders=40)
    keep_and_publish(platform, log[:200])
    with start_projector(platform, model.name):
        until(lambda: platform.has_applied(model, log[:200]), "the projector is level")
        first = platform.build(model.name)
        second = rebuilt(platform, model).build
        assert first is not None
        assert second.number > first.number
        assert platform.build(model.name) == second

        keep_and_publish(platform, log[200:])
        until(lambda: platform.has_applied(model, log), "the new build is level")
        with workplace(settings_of(platform), model) as place:
            assert roll_back(place.outside, model.name).build.number == first.number
        assert platform.shown(model) == expected(log)[model.name]
        with workplace(settings_of(platform), model) as place:
            assert roll_back(place.outside, model.name).build.number == second.number
        assert platform.shown(model) == expected(log)[model.name]


def test_without_an_older_build_there_is_no_way_back(platform: Platform) -> None:
    keep_and_publish(platform, tell(14, orders=3))
    rebuilt(platform, SALES)
    with workplace(settings_of(platform), SALES) as place, pytest.raises(Refusal, match="no older build"):
        roll_back(place.outside, SALES.name)


@BOTH
def test_a_lost_model_is_noticed_and_rebuilt_by_command(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(15, orders=40)
    keep_and_publish(platform, log[:200])
    with start_projector(platform, model.name) as projector:
        until(lambda: platform.has_applied(model, log[:200]), "the projector is level")
        lose(platform, model)
        keep_and_publish(platform, log[200:])
        until(lambda: "is lost" in projector.said, "the projector says that it is lost")

        rebuilt(platform, model)
        until(lambda: platform.has_applied(model, log), "the projector goes on with the new build")
        assert platform.shown(model) == expected(log)[model.name]


def lose(platform: Platform, model: ReadModel) -> None:
    if model.store == "redis":
        with platform.redis() as client:
            client.flushdb()
        return
    from projections.names import ElasticsearchNames
    from projections.stores.elasticsearch_connecting import ask, connect

    build = platform.build(model.name)
    assert build is not None
    client = connect(platform.settings.elasticsearch)
    ask(client, "DELETE", f"/{ElasticsearchNames(f'{platform.prefix}-').index(build)}")
    client.close()


def test_in_place_the_live_build_is_taken_away_first(platform: Platform) -> None:
    log = tell(16, orders=20)
    keep_and_publish(platform, log)
    first = rebuilt(platform, SALES).build
    rebuilt(platform, SALES, in_place=True)
    assert platform.shown(SALES) == expected(log)[SALES.name]
    assert platform.documents_in_redis(first) == 0


def test_a_dry_run_changes_nothing(platform: Platform) -> None:
    keep_and_publish(platform, tell(17, orders=20))
    rebuilt(platform, SUMMARY)
    rows = platform.query("SELECT * FROM read_model_generations ORDER BY build")
    with platform.redis() as client:
        keys = sorted(client.scan_iter(count=1000))

    status, out, err = orders(platform, "projections", "rebuild", "order_summary", "--dry-run", "--json")

    assert status == 0, err
    plan = json.loads(out)
    assert (plan["live"], plan["documents"], plan["goes_on_with"]) == ("g1-1", 20, None)
    assert plan["to_fold"] == plan["head"] > 0
    assert platform.query("SELECT * FROM read_model_generations ORDER BY build") == rows
    with platform.redis() as client:
        assert sorted(client.scan_iter(count=1000)) == keys


def test_a_second_rebuild_of_the_same_model_is_refused_in_one_sentence(platform: Platform) -> None:
    keep_and_publish(platform, tell(18, orders=20))
    with workplace(settings_of(platform), SUMMARY):
        status, _, said = orders(platform, "projections", "rebuild", "order_summary")
        assert rebuilt(platform, SALES).events > 0  # another model is another matter
    assert status == 2
    assert said.startswith("orders: order_summary is already being worked on by ")
    assert said.count("\n") == 1


def test_ctrl_c_leaves_a_build_that_the_next_run_goes_on_with(platform: Platform) -> None:
    log = tell(19, orders=60)
    keep_and_publish(platform, log)
    with Command(platform, "projections", "rebuild", "order_summary", mutant="slow") as command:
        until(lambda: progress(platform) >= 200, "some of it is folded")
        command.interrupt()
        status, _, said = command.end()
    assert status == 130
    assert "goes on from here" in said

    status, out, said = orders(platform, "projections", "rebuild", "order_summary", "--json")
    assert status == 0, said
    result = json.loads(out)
    assert result["resumed"]
    assert result["build"] == "g1-1"
    assert result["events"] <= len(log) - 200
    assert platform.shown(SUMMARY) == expected(log)["order_summary"]


def progress(platform: Platform) -> int:
    """The position up to which a build is filled that is not live yet."""
    with platform.redis() as client:
        kept = client.hgetall(f"{platform.prefix}:read:{{order_summary:g1-1}}:applied")
    return min((int(mark.split()[1]) for mark in dict(kept).values()), default=0)


@pytest.mark.parametrize("from_kafka", [False, True], ids=["store", "kafka"])
@BOTH
def test_what_cannot_be_folded_is_parked_and_can_be_tried_again(
    platform: Platform, model: ReadModel, from_kafka: bool, start_projector: StartProjector
) -> None:
    log = tell(20, orders=20)
    victim = next(one for one in reversed(log) if one.type == "order.confirmed").key
    lost = next(one for one in log if one.key == victim and one.type == "order.placed")
    keep_and_publish(platform, [one for one in log if one is not lost])

    result = rebuilt(platform, model, from_kafka=from_kafka)

    wanted = expected(log)[model.name].documents
    del wanted[victim]
    assert platform.shown(model).documents == wanted
    waiting = [one.position for one in log if one.key == victim and one.type in model.heard_by and one is not lost]
    kept = platform.query(
        "SELECT position FROM parked_events WHERE consumer = %s ORDER BY kafka_offset", result.build.consumer
    )
    assert [position for (position,) in kept] == waiting
    assert result.parked == len(waiting)

    with start_projector(platform, model.name):
        assert orders(platform, "parked", "retry", "--key", victim, "--reason", "look again")[0] == 0
        until(lambda: tried(platform, victim) > 1, "the projector has tried it again")
    assert platform.shown(model).documents == wanted


def tried(platform: Platform, key: str) -> int:
    return int(platform.query("SELECT max(attempts) FROM parked_events WHERE key = %s", key)[0][0])


def test_topics_that_hold_less_than_was_published_are_not_taken_for_the_log(platform: Platform) -> None:
    log = tell(21, orders=5)
    keep_and_publish(platform, log[:30])
    keep(platform, log[30:])
    platform.query("UPDATE relays SET position = %s", log[-1].position)  # as if its topics had been made anew
    with pytest.raises(Misconfigured, match="without --from-kafka"):
        rebuilt(platform, SUMMARY, from_kafka=True)
    rebuilt(platform, SUMMARY)
    assert platform.shown(SUMMARY) == expected(log)["order_summary"]
