from __future__ import annotations

import re

from event_schemas.values import Address
from eventing.schema import event, upcaster

_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE_AND_CITY = re.compile(r"(?P<code>(?:[A-Z]{1,2}-)?\d[\dA-Z]*(?:[ -]\d[\dA-Z]*)?) +(?P<city>\D.*)")


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
    street = "\n".join(lines[:-1] if place else lines)
    code, city = place.groups() if place else ("", "")
    return OrderDeliveryAddressChanged(
        order_id=old.order_id,
        address=Address(recipient=recipient, street=street, postal_code=code, city=city, country=country),
    )
