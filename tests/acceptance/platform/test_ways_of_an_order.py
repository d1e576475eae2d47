"""Each way that an order can go, forward and back, as a customer sees it, and as the provider's books have it.

The provider knows an order by its amount (a hundred for each mug), the carrier by the city it goes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.support.standing import Standing
from tests.support.write_api import ADDRESS

pytestmark = pytest.mark.slow

MUG = "MUG-7"
FORWARD = ("order.placed", "inventory.reserved", "payment.requested", "payment.charged", "shipping.requested")


@pytest.fixture(scope="module", autouse=True)
def trouble(platform: Standing) -> None:
    platform.goes_wrong(
        platform.payments,
        {"operation": "charge", "fault": "decline", "match": {"amount": "300"}, "code": "card_declined"},
        {"operation": "charge", "fault": "delay", "ms": 3000, "match": {"amount": "500"}},
        {"operation": "charge", "fault": "hang", "first": 8, "match": {"amount": "600"}},
        {"operation": "charge", "fault": "lost_reply", "first": 2, "match": {"amount": "700"}},
    )
    platform.goes_wrong(
        platform.carrier,
        {"operation": "book", "fault": "decline", "match": {"address.city": "Nowhere"}, "code": "address_not_served"},
        {"operation": "book", "fault": "delay", "ms": 3000, "match": {"address.city": "Farville"}},
        {"operation": "book", "fault": "hang", "first": 8, "match": {"address.city": "Limbo"}},
    )


def to(city: str) -> dict[str, Any]:
    return {"delivery_address": {**ADDRESS, "city": city}}


def test_forward_to_the_end(platform: Standing) -> None:
    placed = platform.place(MUG, 1)

    shown = platform.await_end(placed)

    assert (shown["status"], shown["total"]) == ("confirmed", 100)
    assert platform.history(placed) == [*FORWARD, "shipping.label_created", "order.confirmed"]
    assert platform.money_kept(placed) == 100


def test_without_stock_it_fails_and_no_money_moves(platform: Standing) -> None:
    placed = platform.place("RARE-1", 2)

    shown = platform.await_end(placed)

    assert (shown["status"], shown["reason"]) == ("failed", "insufficient_inventory")
    assert platform.history(placed) == ["order.placed", "inventory.rejected", "order.failed"]
    assert platform.charges(placed) == 0


def test_a_declined_card_gives_the_stock_back(platform: Standing) -> None:
    placed = platform.place(MUG, 3)

    shown = platform.await_end(placed)

    assert (shown["status"], shown["reason"]) == ("failed", "payment_failed")
    assert platform.history(placed) == [
        *FORWARD[:3],
        "payment.declined",
        "inventory.released",
        "order.failed",
    ]
    assert platform.charges(placed) == 0


def test_a_parcel_that_nobody_takes_gives_money_and_stock_back(platform: Standing) -> None:
    placed = platform.place(MUG, 4, **to("Nowhere"))

    shown = platform.await_end(placed)

    assert (shown["status"], shown["reason"]) == ("failed", "shipping_failed")
    assert platform.history(placed)[:6] == [*FORWARD, "shipping.failed"]
    assert platform.history(placed)[-3:] == ["payment.refunded", "inventory.released", "order.failed"]
    assert (platform.charges(placed), platform.money_kept(placed)) == (1, 0)


@pytest.mark.parametrize(("quantity", "city", "step"), [(5, "Berlin", "payment"), (2, "Farville", "shipping")])
def test_cancelled_on_the_way_all_of_it_is_undone(platform: Standing, quantity: int, city: str, step: str) -> None:
    placed = platform.place(MUG, quantity, **to(city))
    platform.await_shown(placed, lambda saga: saga["steps"].get(step, {}).get("state") == "asked", path="/saga")

    cancelled = platform.cancel(placed)
    shown = platform.await_end(placed)

    assert cancelled.status_code in (200, 202), cancelled.text
    assert shown["status"] == "cancelled"
    assert platform.history(placed)[-2:] == ["inventory.released", "order.cancelled"]
    assert platform.money_kept(placed) == 0


@pytest.mark.parametrize(("quantity", "city"), [(6, "Berlin"), (2, "Limbo")], ids=["payment", "shipping"])
def test_a_passed_deadline_undoes_all_of_it_and_what_comes_late_too(
    platform: Standing, quantity: int, city: str
) -> None:
    placed = platform.place(MUG, quantity, **to(city))

    shown = platform.await_end(placed)

    assert (shown["status"], shown["reason"]) == ("failed", "timed_out")
    assert "order.timed_out" in platform.history(placed)
    assert platform.history(placed)[-2:] == ["inventory.released", "order.failed"]
    assert platform.money_kept(placed) == 0


def test_a_lost_answer_charges_the_card_once(platform: Standing) -> None:
    placed = platform.place(MUG, 7)

    assert platform.await_end(placed)["status"] == "confirmed"
    assert (platform.charges(placed), platform.money_kept(placed)) == (1, 700)


def test_of_what_is_there_once_one_is_sold(platform: Standing) -> None:
    placed = [platform.place("RARE-1", 1) for _ in range(4)]

    assert ends(platform, placed) == ["confirmed", "failed", "failed", "failed"]


def ends(platform: Standing, placed: Sequence[httpx.Response]) -> list[str]:
    return sorted(platform.await_end(each)["status"] for each in placed)
