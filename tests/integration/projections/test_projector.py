"""The projector over real Kafka, Postgres, Elasticsearch and Redis: the models are the fold of the log."""

from __future__ import annotations

import json
import urllib.request
from functools import partial

from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.waiting import until

MODELS = read_models()


def test_all_models_are_the_fold_of_the_log(platform: Platform, start_projector: StartProjector) -> None:
    log = tell(1, orders=60)
    platform.publish(log[:200])
    with start_projector(platform) as projector:
        platform.publish(log[200:])

        for model in MODELS:
            until(partial(platform.has_applied, model, log), f"{model.name} is level")
        wanted = expected(log)
        for model in MODELS:
            assert platform.shown(model) == wanted[model.name], model.name

        for model in MODELS:
            until(partial(platform.is_published, model, log), f"whoever waits for {model.name} is told")

        _, found = platform.orders("projections", "list", "--json")
        assert {one["model"] for one in found} == {model.name for model in MODELS}
        until(lambda: platform.orders("projections", "list", "--json")[0] == 0, "all are reported as running")
        with urllib.request.urlopen(f"{projector.address}/readyz") as answer:
            assert json.load(answer)["status"] == "ready"
        with urllib.request.urlopen(f"{projector.address}/metrics") as answer:
            metrics = answer.read().decode()
        assert 'orderloom_projection_state{build="g1-1",model="order_search",state="running"} 1.0' in metrics
        assert projector.end() == 0

    # Where nobody says how far it is, nobody claims that all is still to come.
    _, found = platform.orders("projections", "list", "--json")
    assert {(one["state"], one["position"], one["lag_events"]) for one in found} == {("stopped", None, None)}
