"""Each fold: given a document, when an event is heard, then …"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from event_schemas.values import Address, LackingLine, SkuQuantity
from projections.read_model import Document, Family, Heard, OutOfOrder, Sum, at_text, fold_all, normal_at
from projections.read_models import (
    customer_orders,
    order_search,
    order_summary,
    saga_progress,
    sales_by_day,
    stock_and_catalogue,
)
from tests.support.read_models.story import BEGAN, placing, stream_of

PLACED = placing("o1", random.Random(4))
ELSEWHERE = Address(recipient="B", street="2 Road", postal_code="75001", city="Paris", country="FR")
RESERVED = InventoryReserved(order_id="o1", lines=(SkuQuantity(sku="MUG-1", quantity=2),))
CHARGED = PaymentCharged(order_id="o1", amount=PLACED.total, currency=PLACED.currency, provider_reference="ch")
REFUNDED = PaymentRefunded(order_id="o1", amount=PLACED.total, currency=PLACED.currency, provider_reference="re")
LABEL = ShippingLabelCreated(order_id="o1", carrier="post", tracking_number="T1")
CONFIRMED = OrderConfirmed(order_id="o1")


def heard(*events: Any, first: int = 1, at: datetime = BEGAN) -> list[Heard]:
    """In their streams, a minute apart."""
    versions: dict[str, int] = {}
    found = []
    for number, event in enumerate(events):
        stream = stream_of(event)
        versions[stream] = versions.get(stream, 0) + 1
        found.append(
            Heard(event, stream, versions[stream], first + number, at_text(at + number * timedelta(minutes=1)))
        )
    return found


def given(family: Family, *events: Any) -> Document:
    document = fold_all(family, heard(*events))
    assert document is not None
    return document


(SEARCH,) = order_search.ORDER_SEARCH.families
(SUMMARY,) = order_summary.ORDER_SUMMARY.families
(CUSTOMERS,) = customer_orders.CUSTOMER_ORDERS.families
(SALES,) = sales_by_day.SALES_BY_DAY.families
(SAGA,) = saga_progress.SAGA_PROGRESS.families
CATALOGUE, STOCK, RESERVATION = stock_and_catalogue.STOCK_AND_CATALOGUE.families


def test_a_placed_order_can_be_searched_by_customer_and_items() -> None:
    document = given(SEARCH, PLACED)

    assert document["customer_email"] == PLACED.customer_email
    assert document["item_names"] == [line.name for line in PLACED.lines]
    assert document["status"] == "placed"


def test_a_changed_address_is_searched_where_it_is_now() -> None:
    document = given(SEARCH, PLACED, OrderDeliveryAddressChanged(order_id="o1", address=ELSEWHERE))

    assert (document["city"], document["country"], document["recipient"]) == ("Paris", "FR", "B")


def test_an_ended_order_says_when_and_why() -> None:
    document = given(SEARCH, PLACED, OrderFailed(order_id="o1", reason="timed_out"))

    assert (document["status"], document["reason"]) == ("failed", "timed_out")
    assert document["ended_at"] == "2026-11-26T22:01:00.000000Z"


def test_a_summary_has_the_version_that_a_change_must_name() -> None:
    """Only the order's own stream counts: a charge does not make a customer's change stale."""
    document = given(SUMMARY, PLACED, RESERVED, CHARGED)

    assert document["version"] == 1
    assert document["steps"] == {"inventory": "reserved", "payment": "charged"}
    assert order_summary.label(document) == f"1 {PLACED.customer_id}"


def test_a_voided_label_is_no_shipment() -> None:
    document = given(SUMMARY, PLACED, LABEL, ShippingLabelVoided(order_id="o1", tracking_number="T1"))

    assert document["shipment"] is None
    assert document["steps"]["shipping"] == "label_voided"


def test_a_decline_turns_the_order_back_and_a_later_cancellation_changes_nothing_about_that() -> None:
    declined = PaymentDeclined(order_id="o1", reason="card_expired")
    document = given(SUMMARY, PLACED, declined, OrderCancellationRequested(order_id="o1", reason="late"))

    assert document["status"] == "failing"


def test_what_a_customer_ordered_moves_from_state_to_state() -> None:
    customer, money = PLACED.customer_id, PLACED.currency
    before, after = given(CUSTOMERS, PLACED), given(CUSTOMERS, PLACED, CONFIRMED)

    assert customer_orders.sums(before)[Sum(customer, "status:placed")] == 1
    assert customer_orders.sums(after) == {
        Sum(customer, "orders"): 1,
        Sum(customer, "status:confirmed"): 1,
        Sum(customer, f"total:{money}"): PLACED.total,
        Sum(customer, f"confirmed:{money}"): PLACED.total,
    }
    assert customer_orders.places(after) == {f"customer:{customer}": 1}, "newest first by when it was placed"


def test_a_sale_counts_on_the_day_it_was_confirmed() -> None:
    late = heard(PLACED) + heard(CONFIRMED, first=2, at=BEGAN + timedelta(hours=3))
    document = fold_all(SALES, late)
    assert document is not None

    sums = sales_by_day.sums(document)

    money = PLACED.currency
    assert sums[Sum("day:2026-11-27", f"orders|{money}")] == 1
    assert sums[Sum("day:2026-11-27", f"revenue|{money}")] == PLACED.total
    assert {group for group, _ in sums} >= {"day:2026-11-27", "skus:2026-11-27"}
    assert not [group for group, _ in sums if group.endswith("2026-11-26")]


def test_an_order_that_was_not_confirmed_is_no_sale() -> None:
    assert sales_by_day.sums(given(SALES, PLACED)) == {}


def test_a_refund_is_visible_on_its_own_day_and_says_whether_it_was_a_sale() -> None:
    money = PLACED.currency
    sold = sales_by_day.sums(given(SALES, PLACED, CONFIRMED, REFUNDED))
    unsold = sales_by_day.sums(given(SALES, PLACED, REFUNDED))

    assert sold[Sum("day:2026-11-26", f"refunded|{money}")] == PLACED.total
    assert unsold == {
        Sum("day:2026-11-26", f"refunds|{money}"): 1,
        Sum("day:2026-11-26", f"refunded_unsold|{money}"): PLACED.total,
    }


def test_nothing_given_back_is_no_refund() -> None:
    nothing = PaymentRefunded(order_id="o1", amount=0, currency="EUR", provider_reference="")

    assert given(SALES, PLACED, nothing) == given(SALES, PLACED)


def test_an_order_owes_its_next_step_first() -> None:
    requested = PaymentRequested(order_id="o1", amount=1, currency="EUR", provider_key="k")
    document = given(SAGA, PLACED, RESERVED, requested)

    assert document["owed"] == ["payment", "shipping", "order"]
    assert document["steps"]["payment"] == {"state": "asked", "since": "2026-11-26T22:02:00.000000Z", "attempts": 1}
    assert saga_progress.places(document) == {"open": 1, "owing:payment": 1}


@pytest.mark.parametrize(
    ("events", "owed"),
    [
        ([InventoryRejected(order_id="o1", lacking=(LackingLine(sku="A", wanted=1, available=0),))], ["order"]),
        ([RESERVED, PaymentDeclined(order_id="o1", reason="x")], ["inventory", "order"]),
        (
            [RESERVED, CHARGED, OrderCancellationRequested(order_id="o1", reason="")],
            ["shipping", "payment", "inventory", "order"],
        ),
        (
            [RESERVED, CHARGED, LABEL, OrderCompensationForced(order_id="o1", reason="", step="payment"), REFUNDED],
            ["inventory", "order"],
        ),
    ],
)
def test_the_way_back_is_entered_where_the_trouble_is(events: list[Any], owed: list[str]) -> None:
    assert given(SAGA, PLACED, *events)["owed"] == owed


def test_an_order_that_has_ended_owes_nothing_and_is_in_no_list() -> None:
    document = given(SAGA, PLACED, OrderCancelled(order_id="o1", reason=""))

    assert document["owed"] == []
    assert saga_progress.places(document) == {}


def test_a_retired_product_leaves_the_catalogue_and_its_stock_stays() -> None:
    registered = ProductRegistered(sku="A", name="A", description="", unit_price=5, currency="EUR")
    repriced = ProductRepriced(sku="A", unit_price=7, currency="EUR")

    assert given(CATALOGUE, registered, repriced)["unit_price"] == 7
    assert fold_all(CATALOGUE, heard(registered, ProductRetired(sku="A", reason=""))) is None
    received = StockReceived(sku="A", quantity=5, reference="d")
    counted = StockAdjusted(sku="A", delta=-2, reason="count", reference="c")
    assert given(STOCK, received, counted)["on_hand"] == 3


def test_stock_is_set_aside_then_sold_or_free_again() -> None:
    released = InventoryReleased(order_id="o1", lines=RESERVED.lines, cause="payment.declined")

    assert stock_and_catalogue.sums(given(RESERVATION, RESERVED)) == {Sum("MUG-1", "reserved"): 2}
    assert stock_and_catalogue.sums(given(RESERVATION, RESERVED, CONFIRMED)) == {Sum("MUG-1", "sold"): 2}
    assert stock_and_catalogue.sums(given(RESERVATION, RESERVED, released)) == {}


def test_a_reservation_that_comes_after_its_release_does_nothing() -> None:
    released = InventoryReleased(order_id="o1", lines=(), cause="order.timed_out")

    assert stock_and_catalogue.sums(given(RESERVATION, released, RESERVED)) == {}


@pytest.mark.parametrize("family", [SEARCH, SUMMARY, CUSTOMERS, SALES, SAGA])
def test_an_event_whose_beginning_is_missing_is_refused(family: Family) -> None:
    with pytest.raises(OutOfOrder, match="rebuild the read model"):
        family.fold(None, heard(CONFIRMED)[0])


def test_no_fold_changes_the_document_it_was_given() -> None:
    """The one that was read is compared with the one that is written, and is remembered for the next batch."""
    for family in (SEARCH, SUMMARY, CUSTOMERS, SALES, SAGA):
        document = given(family, PLACED)
        copy = repr(document)
        for one in heard(RESERVED, CHARGED, LABEL, CONFIRMED, first=2):
            if isinstance(one.event, family.hears):
                family.fold(document, one)
        assert repr(document) == copy


@pytest.mark.parametrize(
    "text", ["2026-11-26T09:05:00Z", "2026-11-26T09:05:00.12Z", "2026-11-26T09:05:00.120000Z", "2026-11-26T09:05:00.1Z"]
)
def test_one_moment_has_one_text(text: str) -> None:
    assert normal_at(text) == at_text(datetime.fromisoformat(text))
