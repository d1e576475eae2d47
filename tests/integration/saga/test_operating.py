"""What an operator sees and does: the way of an order, what is stuck, forcing one back, levels of stock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from operations import cli
from tests.support.saga.platform import World
from tests.support.waiting import until


@pytest.fixture(scope="module", autouse=True)
def everybody(world: World) -> Iterator[None]:
    world.start("all")
    yield
    world.stop_all()


@pytest.fixture(autouse=True)
def addressed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", world.installation.postgres_url)
    yield
    world.provider.go_right()


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    capsys.readouterr()
    assert cli.run([*arguments, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_an_operator_sees_how_far_an_order_is_and_forces_it_back(
    world: World, sku: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shop.receive(**{sku: 1})
    world.provider.go_wrong({"operation": "charge", "fault": "error_before"})
    order = world.shop.place({sku: 1})
    world.await_types(order, "payment.requested")
    until(lambda: said(capsys, "saga", "show", order.order_id)["owed"][0]["attempts"] > 0, "it was asked")

    found = said(capsys, "saga", "show", order.order_id)

    assert found["status"] == "going forward"
    assert [step["type"] for step in found["steps"]] == ["order.placed", "inventory.reserved", "payment.requested"]
    assert "payment.charged" in found["next"]
    assert "500" in found["owed"][0]["trouble"]
    assert {each["step"] for each in found["deadlines"] if each["due_at"]} >= {"order", "payment"}
    assert order.order_id in {each["order_id"] for each in said(capsys, "saga", "stuck", "--seconds", "0", status=1)}
    assert cli.run(["saga", "force-compensate", order.order_id]) == 2
    assert "Say why with --reason" in capsys.readouterr().err
    assert said(capsys, "saga", "force-compensate", order.order_id, "--reason", "fraud")["step"] == "shipping"
    world.provider.go_right()

    assert world.await_ended(order) == ["order.failed"]
    assert world.event(order, "order.failed").reason == "compensation_forced"
    assert world.event(order, "order.compensation_forced").reason == "fraud"
    assert world.complaints([order]) == []
    assert cli.run(["saga", "show", order.order_id]) == 0
    assert "failed" in capsys.readouterr().out
    assert cli.run(["saga", "force-compensate", order.order_id, "--reason", "again"]) == 2
    assert "The order has ended" in capsys.readouterr().err
    assert cli.run(["saga", "show", "no-such-order"]) == 2


def test_a_refused_question_is_asked_again_when_an_operator_says_so(
    world: World, sku: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shop.receive(**{sku: 1})
    world.provider.go_wrong({"operation": "charge", "fault": "error_before", "status": 400})
    order = world.shop.place({sku: 1})
    until(
        lambda: world.shop.query(
            "SELECT FROM open_intents WHERE order_id = %s AND rejected_at IS NOT NULL", order.order_id
        ),
        "it is refused",
    )
    stuck = {each["order_id"]: each["what"] for each in said(capsys, "saga", "stuck", status=1)}
    assert "refused as a question" in stuck[order.order_id]
    world.provider.go_right()

    assert said(capsys, "saga", "ask-again", order.order_id) == {"asked": 1}

    assert world.await_ended(order) == ["order.confirmed"]
    assert world.complaints([order]) == []


def test_levels_that_are_wrong_are_named_and_made_right_while_selling_goes_on(
    world: World, sku: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shop.receive(**{sku: 100})
    first = world.shop.place_many([{sku: 1}] * 10)
    world.await_ended(*first)
    assert said(capsys, "stock", "verify") == {"differences": []}
    world.installation.query("UPDATE stock_levels SET available = available + 3 WHERE sku = %s", sku)
    world.installation.query("INSERT INTO stock_levels (sku, available) VALUES (%s, 5)", f"{sku}-never")

    found = {each["sku"]: each for each in said(capsys, "stock", "verify", status=1)["differences"]}

    assert found[sku]["in_table"]["available"] - found[sku]["by_events"]["available"] == 3
    assert found[f"{sku}-never"]["by_events"] is None

    orders = world.shop.place_many([{sku: 1}] * 60)
    assert len(said(capsys, "stock", "rebuild")["differences"]) == 2
    assert set(world.await_ended(*orders)) == {"order.confirmed"}
    assert said(capsys, "stock", "verify") == {"differences": []}
