"""Somebody died between the row that says which build is live and the readers that follow it: the next finishes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Thread

import pytest

import event_schemas
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.errors import Unavailable
from projections.generations import Build
from projections.read_model import ReadModel
from projections.rebuilding.rebuild import Rebuild
from projections.rebuilding.rollback import roll_back
from projections.rebuilding.wiring import looking, workplace
from projections.replay_ports import is_shown
from projections.wiring import ADAPTERS, hire, read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import keep_and_publish, orders, rebuilt, settings_of
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform, last_positions
from tests.support.read_models.story import Told, tell
from tests.support.waiting import until

BY_NAME = {model.name: model for model in read_models()}
BOTH = pytest.mark.parametrize("model", [BY_NAME["order_search"], BY_NAME["order_summary"]], ids=lambda one: one.name)
KILLED = 137
SWITCHED = {"CRASH_POINT": "rebuild.switched:1"}


@BOTH
def test_a_rollback_that_died_is_finished_by_the_next_and_not_undone(platform: Platform, model: ReadModel) -> None:
    log = tell(51, orders=20)
    keep_and_publish(platform, log)
    good, bad = rebuilt(platform, model).build, rebuilt(platform, model).build

    status, _, said = orders(platform, "projections", "rollback", model.name, **SWITCHED)
    assert status == KILLED, said
    assert sees(platform, model, bad)
    status, out, said = orders(platform, "projections", "rollback", model.name, "--json")

    assert status == 0, said
    assert json.loads(out) == {"model": model.name, "live": good.tag, "finished_only": True}
    assert sees(platform, model, good)
    live = platform.build(model.name)
    assert live is not None
    assert live.number == good.number
    assert platform.shown(model) == expected(log)[model.name]


def test_a_rollback_says_in_words_what_it_has_done(platform: Platform) -> None:
    model = BY_NAME["order_summary"]
    keep_and_publish(platform, tell(52, orders=3))
    good, bad = rebuilt(platform, model).build, rebuilt(platform, model).build

    assert orders(platform, "projections", "rollback", model.name)[1] == (
        f"{model.name} is answered from {good.tag} again.\n"
    )
    assert orders(platform, "projections", "rollback", model.name, **SWITCHED)[0] == KILLED
    assert "had been interrupted" in orders(platform, "projections", "rollback", model.name)[1]
    assert sees(platform, model, bad)


@BOTH
def test_a_switch_is_finished_only_when_no_reader_loses_by_it(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    """Nobody has kept the new build fresh meanwhile, and readers have seen what the old one got."""
    log = tell(53, orders=40)
    keep_and_publish(platform, log[:200])
    old = rebuilt(platform, model).build
    assert orders(platform, "projections", "rebuild", model.name, **SWITCHED)[0] == KILLED
    keep_and_publish(platform, log[200:])
    keep_fresh(platform, model, old, log)

    with workplace(settings_of(platform), model) as place:
        impatient = replace(place.outside, sleep=lambda _: None)
        for begin in (Rebuild(model, impatient).run, lambda: roll_back(impatient, model.name)):
            with pytest.raises(Unavailable, match="behind"):
                begin()
            assert sees(platform, model, old)

    with start_projector(platform, model.name):
        assert rebuilt(platform, model).finished_only
    assert not sees(platform, model, old)
    assert platform.shown(model) == expected(log)[model.name]


def sees(platform: Platform, model: ReadModel, build: Build) -> bool:
    """What readers are answered from."""
    with looking(settings_of(platform), model, from_kafka=False) as outside:
        return is_shown(outside.showing.shown(model.name), build)


def keep_fresh(platform: Platform, model: ReadModel, build: Build, log: Sequence[Told]) -> None:
    """This build alone, until it has all of the log."""
    decode = Codec(Catalogue.discover(event_schemas)).decode
    projection = hire(settings_of(platform), ADAPTERS, decode, model, build)
    wanted = last_positions(model, log)
    stop = Event()
    thread = Thread(target=projection.run, args=(stop,))
    thread.start()
    try:
        until(
            lambda: wanted.items() <= {one: mark.position for one, mark in projection.standing.marks.items()}.items(),
            "the build is level",
        )
    finally:
        stop.set()
        thread.join()
