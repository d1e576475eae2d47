"""A wrong sum and a wrong entry of a list are found and put right, exactly those, while writes go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest

from projections.read_model import ReadModel
from projections.rebuilding.tallying import Wrong, put_right
from projections.rebuilding.wiring import tallying, verification, workplace
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import contents, keep_and_publish, orders, rebuilt, settings_of
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.waiting import until

BY_NAME = {model.name: model for model in read_models()}
CUSTOMERS, SALES, STOCK = BY_NAME["customer_orders"], BY_NAME["sales_by_day"], BY_NAME["stock_and_catalogue"]
Place = tuple[str, str]


def totals(platform: Platform, model: ReadModel, *, mend: bool = False) -> tuple[Sequence[Wrong], Sequence[Wrong]]:
    """What is wrong, and what of it was put right."""
    settings = settings_of(platform)
    with (
        workplace(settings, model) as place,
        verification(settings, model, place.outside) as (verifying, _),
        tallying(settings, verifying) as found,
    ):
        assert found is not None
        wrong = found.run()
        return wrong, put_right(found, wrong)[0] if mend and wrong else ()


def spoil(platform: Platform, model: ReadModel, kind: str, by: Callable[[Any, str], str]) -> Place:
    """Does something to the first sum, or to the first list, and says to what."""
    build = platform.build(model.name)
    assert build is not None
    base = platform.redis_names.base(build)
    with platform.redis() as client:
        key = min(client.scan_iter(f"{base}{kind}:*", count=1000)).decode()
        return key.removeprefix(base), by(client, key)


def too_much(client: Any, key: str) -> str:
    field: str = min(field.decode() for field in client.hkeys(key) if field != b"position")
    client.hincrby(key, field, 7)
    return field


def without_one(client: Any, key: str) -> str:
    (gone,) = client.zrange(key, 0, 0)
    client.zrem(key, gone)
    return str(gone.decode())


def with_a_stranger(client: Any, key: str) -> str:
    client.zadd(key, {"nobody-knows-this": 3})
    return "nobody-knows-this"


def elsewhere(client: Any, key: str) -> str:
    (moved,) = client.zrange(key, 0, 0)
    client.zincrby(key, 1000, moved)
    return str(moved.decode())


def places(wrong: Sequence[Wrong]) -> set[Place]:
    return {(one.name, one.field) for one in wrong}


@pytest.mark.parametrize("model", [CUSTOMERS, SALES, STOCK], ids=lambda model: model.name)
def test_a_wrong_sum_is_found_exactly_and_put_right(platform: Platform, model: ReadModel) -> None:
    keep_and_publish(platform, tell(41, orders=60))
    rebuilt(platform, model)
    before = contents(platform, model)
    assert totals(platform, model)[0] == ()

    where = spoil(platform, model, "sum", too_much)

    wrong, righted = totals(platform, model, mend=True)
    assert places(wrong) == {where}
    assert (wrong[0].found or 0) - (wrong[0].wanted or 0) == 7
    assert righted == list(wrong)
    assert contents(platform, model) == before


@pytest.mark.parametrize("spoiled", [without_one, with_a_stranger, elsewhere])
def test_a_wrong_entry_of_a_list_is_found_exactly_and_put_right(
    platform: Platform, spoiled: Callable[[Any, str], str]
) -> None:
    keep_and_publish(platform, tell(42, orders=60))
    rebuilt(platform, CUSTOMERS)
    before = contents(platform, CUSTOMERS)

    where = spoil(platform, CUSTOMERS, "list", spoiled)

    wrong, righted = totals(platform, CUSTOMERS, mend=True)
    assert places(wrong) == {where}
    assert righted == list(wrong)
    assert contents(platform, CUSTOMERS) == before
    assert totals(platform, CUSTOMERS)[0] == ()


def test_a_sum_and_a_list_that_are_gone_are_made_anew(platform: Platform) -> None:
    keep_and_publish(platform, tell(43, orders=30))
    rebuilt(platform, CUSTOMERS)
    before = contents(platform, CUSTOMERS)
    for kind in ("sum", "list"):
        spoil(platform, CUSTOMERS, kind, lambda client, key: str(client.delete(key)))

    wrong, _ = totals(platform, CUSTOMERS, mend=True)

    assert {one.found for one in wrong} == {None}
    assert contents(platform, CUSTOMERS) == before


def test_while_writes_go_on_what_is_wrong_is_found_and_nothing_else(
    platform: Platform, start_projector: StartProjector
) -> None:
    log = tell(44, orders=250)
    begun = len(log) // 3
    keep_and_publish(platform, log[:begun])
    rebuilt(platform, CUSTOMERS)
    is_over = Event()

    def write() -> None:
        for at in range(begun, len(log), 25):
            keep_and_publish(platform, log[at : at + 25])
        is_over.set()

    with start_projector(platform, "customer_orders"):
        writing = Thread(target=write)
        writing.start()
        spoiled = {
            spoil(platform, CUSTOMERS, "sum", too_much),
            spoil(platform, CUSTOMERS, "list", with_a_stranger),
        }
        wrong, righted = totals(platform, CUSTOMERS, mend=True)
        was_busy = not is_over.is_set()
        again = totals(platform, CUSTOMERS)[0]
        writing.join()
        until(partial(platform.has_applied, CUSTOMERS, log), "the projector is level")
    assert was_busy
    assert places(wrong) == spoiled == places(righted)
    assert again == ()
    assert platform.shown(CUSTOMERS) == expected(log)["customer_orders"]


def test_the_command_says_which_and_exits_with_1_until_it_is_put_right(platform: Platform) -> None:
    keep_and_publish(platform, tell(45, orders=20))
    rebuilt(platform, CUSTOMERS)
    name, field = spoil(platform, CUSTOMERS, "sum", too_much)

    status, out, err = orders(platform, "projections", "verify", "customer_orders")
    assert status == 1, err
    assert out.splitlines()[1].split()[:3] == ["different", name, field]
    status, out, err = orders(platform, "projections", "verify", "customer_orders", "--repair", "--json")
    assert status == 0, err
    (told,) = json.loads(out)["totals"]
    assert (told["name"], told["field"], told["repaired"]) == (name, field, True)
    assert orders(platform, "projections", "verify", "customer_orders")[0] == 0
