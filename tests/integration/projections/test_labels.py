"""Whose order it is stands in front of a document in Redis: what stands there wrongly is found and repaired."""

from __future__ import annotations

import pytest

from projections.wiring import read_models
from tests.integration.projections.test_verify import verified
from tests.support.read_models.history import contents, keep_and_publish, rebuilt
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.read_models.tampering import give_to

LABELLED = ["order_summary", "customer_orders", "saga_progress"]
GIVEN_AWAY = "000051-000003"


@pytest.mark.parametrize("name", LABELLED)
def test_an_order_that_was_given_to_somebody_else_is_found_and_given_back(platform: Platform, name: str) -> None:
    model = next(model for model in read_models() if model.name == name)
    log = tell(51, orders=10)
    keep_and_publish(platform, log)
    rebuilt(platform, model)
    before = contents(platform, model)
    assert verified(platform, model)[0].findings == []

    give_to(platform, model, GIVEN_AWAY, "mallory")

    assert platform.shown(model) != expected(log)[name], "the tests see it as well"
    verdict, repaired = verified(platform, model, mend=True)
    assert [(one.kind, one.id) for one in verdict.findings] == [("different", GIVEN_AWAY)]
    assert repaired is not None
    assert (repaired.repaired, repaired.left) == ([GIVEN_AWAY], [])
    assert contents(platform, model) == before
    assert platform.shown(model) == expected(log)[name]
