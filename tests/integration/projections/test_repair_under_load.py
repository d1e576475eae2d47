"""Three corrupted documents of ten thousand are repaired, exactly those three, while the others go on."""

from __future__ import annotations

from functools import partial

import pytest

from projections.read_model import ReadModel
from tests.integration.projections.conftest import StartProjector
from tests.integration.projections.test_verify import BOTH, MANY, corrupt, verified
from tests.support.read_models.history import keep_and_publish, rebuilt
from tests.support.read_models.level import demand_fold
from tests.support.read_models.load import Load, load
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import Platform
from tests.support.waiting import until

CHANGED, LOST, STRANGE = "many-000100", "many-009000", "many-999999"
LET_BE = {CHANGED, LOST}
"""Nothing happens to these orders until they are repaired: to go on from a document that is gone is to be lost."""


def await_more(platform: Platform, model: ReadModel, coming: Load) -> None:
    told = coming.told
    until(lambda: coming.told > told, "events come in")
    until(partial(platform.has_applied, model, coming.log[: coming.told]), "the projector goes on")


@BOTH
@pytest.mark.slow
def test_what_is_corrupted_is_repaired_while_writes_go_on(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    begun = list(placed(MANY))
    log = [*begun, *confirmed((told for told in begun if told.key not in LET_BE), MANY + 1)]
    keep_and_publish(platform, begun)
    rebuilt(platform, model)
    start_projector(platform, model.name)
    with load(partial(keep_and_publish, platform), log, MANY, batch=50, pause=0.1) as coming:
        await_more(platform, model, coming)
        corrupt(platform, model, CHANGED, LOST, STRANGE)
        told = coming.told

        verdict, repaired = verified(platform, model, mend=True)

        found = {(one.kind, one.id) for one in verdict.findings}
        assert found == {("different", CHANGED), ("missing", LOST), ("extra", STRANGE)}
        assert verdict.documents == MANY
        assert repaired is not None
        assert (set(repaired.repaired), repaired.left) == ({CHANGED, LOST, STRANGE}, [])
        assert coming.told > told, "events came in meanwhile"
        await_more(platform, model, coming)
        assert not coming.has_ended, "and until the end"

    log = log[: coming.told]
    last = list(confirmed((told for told in begun if told.key in LET_BE), len(log) + 1))
    keep_and_publish(platform, last)
    demand_fold(platform, [*log, *last], model.name)
    assert verified(platform, model)[0].findings == []
