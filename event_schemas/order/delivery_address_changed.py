from __future__ import annotations

import re

from event_schemas.values import Address
from eventing.schema import event, upcaster

_COUNTRY = re.compile(r"[A-Z]{2}")
_WORD_OF_A_CODE = r"[A-Z-]*\d[A-Z\d-]*"
_CODE_AND_CITY = re.compile(rf"({_WORD_OF_A_CODE}(?: {_WORD_OF_A_CODE})?) ([^\s\d].*)")


@event("order.delivery_address_changed", version=1)
class OrderDeliveryAddressChangedV1:
    """The customer wants the order delivered elsewhere."""

    order_id: str
    address: str
    """Recipient, street, postal code and city, country: lines separated by line feeds."""


@event("order.delivery_address_changed", version=2)
class OrderDeliveryAddressChanged:
    """The customer wants the order delivered elsewhere."""

    order_id: str
    address: Address


@upcaster(OrderDeliveryAddressChangedV1, OrderDeliveryAddressChanged)
def structured(old: OrderDeliveryAddressChangedV1) -> OrderDeliveryAddressChanged:
    """Takes the lines apart from both ends. What can't be told apart stays in the street, so that no word is lost."""
    recipient, *lines = old.address.split("\n")
    country = lines.pop() if lines and _COUNTRY.fullmatch(lines[-1]) else ""
    place = _CODE_AND_CITY.fullmatch(lines[-1]) if lines else None
    code, city = place.groups() if place else ("", "")
    street = "\n".join(lines[:-1] if place else lines)
    return OrderDeliveryAddressChanged(
        order_id=old.order_id,
        address=Address(recipient=recipient, street=street, postal_code=code, city=city, country=country),
    )
