"""What the codec refuses, either way, and that one decides about length, type and every byte."""

from __future__ import annotations

from typing import Any

import pytest

import event_schemas
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChangedV1
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.stock.received import StockReceived
from event_schemas.values import Address, OrderLine
from eventing.avro import Codec
from eventing.avro.varints import VARINTS
from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured, Refusal, Unreadable

CODEC = Codec(Catalogue.discover(event_schemas))
RECEIVED = StockReceived(sku="MUG-1", quantity=12, reference="note 7")


def placed(**changes: Any) -> OrderPlaced:
    address = Address(recipient="Ada", street="Ring 1", postal_code="1010", city="Wien", country="AT")
    facts: dict[str, Any] = {
        "order_id": "o-1",
        "customer_id": "c-1",
        "customer_name": "Ada",
        "customer_email": "ada@example.org",
        "currency": "EUR",
        "lines": (OrderLine(sku="MUG-1", name="Mug", quantity=2, unit_price=1290),),
        "total": 2580,
        "delivery_address": address,
    }
    return OrderPlaced(**{**facts, **changes})


def test_what_is_written_names_its_type_and_version() -> None:
    encoded = CODEC.encode(placed())

    assert (encoded.type, encoded.schema_version) == ("order.placed", 2)
    assert CODEC.decode(*encoded) == placed()


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(placed(total=1 << 63), id="a number of more than 64 bits"),
        pytest.param(placed(total=25.5), id="no whole number"),
        pytest.param(placed(customer_name=None), id="nothing instead of text"),
        pytest.param(placed(customer_name="\ud800"), id="half a character"),
        pytest.param(placed(lines=None), id="nothing instead of a list"),
        pytest.param(OrderFailed(order_id="o-1", reason="unknown"), id="a symbol for readers only"),  # type: ignore[arg-type]
        pytest.param(OrderFailed(order_id="o-1", reason="bad luck"), id="no such symbol"),  # type: ignore[arg-type]
    ],
)
def test_an_event_that_can_t_be_written_is_refused(event: object) -> None:
    with pytest.raises(Refusal) as refused:
        CODEC.encode(event)

    assert refused.value.code == "unwritable_event"


def test_an_event_that_could_not_be_published_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        CODEC.encode(placed(customer_name="A" * 300_000))

    assert refused.value.code == "event_too_large"


def test_only_the_newest_version_is_written() -> None:
    with pytest.raises(Misconfigured, match="not the newest version"):
        CODEC.encode(OrderDeliveryAddressChangedV1(order_id="o-1", address="Ada"))


def test_an_unknown_type_or_version_is_unreadable() -> None:
    for name, version in (("order.vanished", 1), ("order.placed", 3), ("order.placed", 0)):
        with pytest.raises(Unreadable, match="bring it up to date"):
            CODEC.decode(name, version, b"")


def test_every_beginning_of_an_event_is_unreadable() -> None:
    name, version, body = CODEC.encode(placed())
    for length in range(len(body)):
        with pytest.raises(Unreadable):
            CODEC.decode(name, version, body[:length])


def test_bytes_behind_the_event_are_unreadable() -> None:
    name, version, body = CODEC.encode(RECEIVED)
    with pytest.raises(Unreadable, match="length"):
        CODEC.decode(name, version, body + b"\0")


def test_a_body_longer_than_an_event_can_be_is_unreadable() -> None:
    body = VARINTS[300_000] + b"A" * 300_000 + VARINTS[1] + VARINTS[0]
    with pytest.raises(Unreadable, match="longer than an event can be"):
        CODEC.decode("stock.received", 1, body)


def test_a_negative_length_can_t_send_the_reader_back() -> None:
    sku, back_to_the_start = VARINTS[1] + b"A", VARINTS[-3]
    with pytest.raises(Unreadable, match="negative"):
        CODEC.decode("stock.received", 1, sku + VARINTS[1] + back_to_the_start)


def test_a_symbol_is_not_counted_from_the_end() -> None:
    order_id = VARINTS[3] + b"o-1"
    for index in (-1, -2, 4, 5, 1 << 40):
        with pytest.raises(Unreadable, match="is none of 0, 1, 2, 3"):
            CODEC.decode("order.failed", 1, order_id + VARINTS[index])


def test_text_that_is_not_utf_8_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        CODEC.decode("stock.received", 1, VARINTS[1] + b"\xff" + VARINTS[1] + VARINTS[0])


def test_a_list_that_claims_to_be_endless_ends_with_its_bytes() -> None:
    order_id, line = VARINTS[3] + b"o-1", VARINTS[1] + b"A" + VARINTS[1]
    for count in (VARINTS[1 << 62], VARINTS[-(1 << 63)] + VARINTS[9]):
        with pytest.raises(Unreadable):
            CODEC.decode("inventory.reserved", 1, order_id + count + line)


def test_a_list_in_several_blocks_is_one_list() -> None:
    order_id, line = VARINTS[3] + b"o-1", VARINTS[1] + b"A" + VARINTS[7]
    body = order_id + VARINTS[1] + line + VARINTS[-2] + VARINTS[len(line) * 2] + line + line + VARINTS[0]

    event = CODEC.decode("inventory.reserved", 1, body)

    assert [line.quantity for line in event.lines] == [7, 7, 7]
