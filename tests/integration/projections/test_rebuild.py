"""A read model is folded anew from the events, and readers are switched to it: the same bytes, from either source."""

from __future__ import annotations

import json

import pytest

from projections.read_model import ReadModel
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import contents, keep, keep_and_publish, orders
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.relays.installation import until

MODELS = read_models()
BY_NAME = {model.name: model for model in MODELS}
SEARCH, SUMMARY, SALES = BY_NAME["order_search"], BY_NAME["order_summary"], BY_NAME["sales_by_day"]


def rebuilt(platform: Platform, model: ReadModel, *options: str) -> dict[str, object]:
    status, out, err = orders(platform, "projections", "rebuild", model.name, "--json", *options)
    assert status == 0, err
    return dict(json.loads(out))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_rebuild_is_the_fold_of_the_log_and_gives_the_same_bytes_again_from_either_source(
    platform: Platform, model: ReadModel
) -> None:
    log = tell(11, orders=40)
    keep_and_publish(platform, log)

    rebuilt(platform, model)
    assert platform.shown(model) == expected(log)[model.name]
    first = contents(platform, model)

    again = rebuilt(platform, model)
    assert contents(platform, model) == first
    assert again["comparison"]["is_equal"]  # type: ignore[index]

    rebuilt(platform, model, "--from-kafka")
    assert contents(platform, model) == first


@pytest.mark.parametrize("model", [SEARCH, SALES], ids=lambda model: model.name)
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
