"""What nobody can read or fold is discarded: its key is left out of a verification, or comes back by a repair."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from event_schemas.order.cancelled import OrderCancelled
from projections.read_model import ReadModel
from tests.integration.projections.conftest import StartProjector
from tests.integration.projections.test_verify import SEARCH, corrupt
from tests.integration.projections.test_verify_totals import CUSTOMERS, spoil, too_much
from tests.support.read_models.history import keep, keep_and_publish, orders, rebuilt
from tests.support.read_models.independent import expected
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import BEGAN, Told
from tests.support.waiting import until

COUNT = 20
VICTIM = "many-000007"
BOTH = pytest.mark.parametrize("model", [SEARCH, CUSTOMERS], ids=lambda model: model.name)


def without_its_beginning(platform: Platform, log: Sequence[Told]) -> None:
    keep(platform, [told for told in log if (told.key, told.version) != (VICTIM, 1)])


def with_bytes_that_nobody_can_read(platform: Platform, log: Sequence[Told]) -> None:
    keep(platform, log)
    platform.query("ALTER TABLE events DISABLE TRIGGER events_are_history")
    platform.query("UPDATE events SET body = '' WHERE stream = %s AND version = 2", f"order-{VICTIM}")


@pytest.mark.parametrize("kept", [without_its_beginning, with_bytes_that_nobody_can_read])
def test_a_key_of_which_something_unreadable_was_discarded_is_left_out_by_name(
    platform: Platform, start_projector: StartProjector, kept: Callable[[Platform, Sequence[Told]], None]
) -> None:
    begun = list(placed(COUNT))
    log = [*begun, *confirmed(begun, COUNT + 1)]
    kept(platform, log)
    rebuilt(platform, CUSTOMERS)
    assert verified(platform)["left_out"] == 1
    assert orders(platform, "parked", "discard", "--key", VICTIM, "--reason", "nobody can read it")[0] == 0
    start_projector(platform, CUSTOMERS.name)
    if kept is with_bytes_that_nobody_can_read:
        more = [Told(OrderCancelled(order_id=VICTIM, reason="late"), f"order-{VICTIM}", 3, len(log) + 1, BEGAN)]
        keep_and_publish(platform, more)
        until(partial(platform.has_applied, CUSTOMERS, more), "the projector goes on without what was discarded")
        assert platform.shown(CUSTOMERS).documents[VICTIM][0] == len(log) + 1

    told = verified(platform)

    assert (told["left_out"], told["unfoldable"]) == (1, [VICTIM])
    assert (told["findings"], told["totals"], told["documents"]) == ([], [], COUNT - 1)
    out = orders(platform, "projections", "verify", CUSTOMERS.name)[1]
    assert out.startswith(f"What could be compared is well: {COUNT - 1} documents ")
    corrupt(platform, CUSTOMERS, "many-000001", "many-000002", "nobody-knows-this")
    name, field = spoil(platform, CUSTOMERS, "sum", too_much)
    status, out, said = orders(platform, "projections", "verify", CUSTOMERS.name)
    assert status == 1, said
    assert {line.split()[1] for line in out.splitlines()[1:]} >= {"many-000001", "many-000002", "nobody-knows-this"}
    assert f"{name} {field}" in out
    assert f"was discarded: {VICTIM}." in said


def test_a_program_that_is_older_than_the_log_judges_nothing(platform: Platform) -> None:
    begun = list(placed(COUNT))
    keep_and_publish(platform, begun)
    rebuilt(platform, CUSTOMERS)
    platform.query("ALTER TABLE events DISABLE TRIGGER events_are_history")
    platform.query("UPDATE events SET schema_version = 99 WHERE stream = %s", f"order-{VICTIM}")

    for repair in ([], ["--repair"]):
        status, out, said = orders(platform, "projections", "verify", CUSTOMERS.name, *repair)

        assert (status, out) == (2, ""), said
        sentence = "orders: This installation knows no order.placed of version 99: bring it up to date."
        assert said.splitlines()[-1] == sentence
    assert platform.shown(CUSTOMERS) == expected(begun)[CUSTOMERS.name]


@BOTH
def test_a_lost_document_of_which_was_heard_again_comes_back_by_discarding_and_repairing(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    begun = list(placed(COUNT))
    more = list(confirmed([told for told in begun if told.key == VICTIM], COUNT + 1))
    keep_and_publish(platform, begun)
    rebuilt(platform, model)
    corrupt(platform, model, "many-000001", VICTIM, "nobody-knows-this")
    keep_and_publish(platform, more)
    with start_projector(platform, model.name):
        until(partial(platform.has_applied, model, more), "the projector has come to the next event")
        assert waiting(platform) == [(COUNT + 1, "missing_predecessor", 1)]
        assert orders(platform, "parked", "retry", "--key", VICTIM, "--reason", "look again")[0] == 0
        until(lambda: waiting(platform) == [(COUNT + 1, "missing_predecessor", 2)], "a retry does not help")
    status, _, said = orders(platform, "projections", "verify", model.name, "--repair")
    assert status == 0
    assert "1 keys are parked and were left out" in said
    assert "discard it, then verify with --repair" in said
    assert VICTIM not in platform.shown(model).documents

    assert orders(platform, "parked", "discard", "--key", VICTIM, "--reason", "its document was lost")[0] == 0
    status, out, said = orders(platform, "projections", "verify", model.name, "--repair", "--json")

    assert (status, json.loads(out)["repaired"]) == (0, [VICTIM]), said
    assert platform.shown(model) == expected([*begun, *more])[model.name]


def waiting(platform: Platform) -> Sequence[tuple[int, str, int]]:
    return platform.query("SELECT position, cause_code, attempts FROM parked_events ORDER BY kafka_offset")


def verified(platform: Platform) -> Any:
    status, out, said = orders(platform, "projections", "verify", CUSTOMERS.name, "--json")
    assert status == 0, said
    return json.loads(out)
