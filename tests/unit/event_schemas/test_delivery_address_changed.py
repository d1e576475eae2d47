"""An address of version 1, one text, is read as the structured one of version 2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChangedV1, structured
from event_schemas.values import Address


@pytest.mark.parametrize(
    ("text", "recipient", "street", "postal_code", "city", "country"),
    [
        ("Ada Lovelace\nRing 1\n1010 Wien\nAT", "Ada Lovelace", "Ring 1", "1010", "Wien", "AT"),
        ("Ada\nc/o Babbage\nTop 4\n10115 Berlin\nDE", "Ada", "c/o Babbage\nTop 4", "10115", "Berlin", "DE"),
        ("Ada\n12 St James's Square\nSW1Y 4JH London\nGB", "Ada", "12 St James's Square", "SW1Y 4JH", "London", "GB"),
        ("Ada\nGatan 7\nSE-114 55 Stockholm\nSE", "Ada", "Gatan 7", "SE-114 55", "Stockholm", "SE"),
        # without a country, without a place, without anything
        ("Ada\nRing 1\n1010 Bad Vöslau", "Ada", "Ring 1", "1010", "Bad Vöslau", ""),
        ("Ada\nThe lighthouse\nIE", "Ada", "The lighthouse", "", "", "IE"),
        ("Ada", "Ada", "", "", "", ""),
        ("", "", "", "", "", ""),
        # lower case is no code: it stays in the street instead of being guessed at
        ("Ada\n12b the mews", "Ada", "12b the mews", "", "", ""),
    ],
)
def test_the_lines_become_fields(
    text: str, recipient: str, street: str, postal_code: str, city: str, country: str
) -> None:
    event = structured(OrderDeliveryAddressChangedV1(order_id="o-1", address=text))

    assert event.order_id == "o-1"
    assert event.address == Address(
        recipient=recipient, street=street, postal_code=postal_code, city=city, country=country
    )


@given(st.lists(st.text("AB1 9-é\t"), max_size=6))
def test_no_word_is_lost_and_none_changes_its_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    address = structured(OrderDeliveryAddressChangedV1(order_id="o-1", address=text)).address

    told = [address.recipient, address.street, address.postal_code, address.city, address.country]

    assert " ".join(told).split() == text.split()
