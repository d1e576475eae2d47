"""Names in paths: what can't be the name of anything names nothing, and is looked for nowhere."""

from __future__ import annotations

import re
from typing import Final

from eventing.errors import Refusal
from eventing.web.auth import SUBJECT

_SKU: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_sku(sku: str) -> str:
    if _SKU.fullmatch(sku) is None:
        raise Refusal("There is no such product.", code="product_not_found")
    return sku


def checked_customer(customer: str) -> str:
    if SUBJECT.fullmatch(customer) is None:
        raise Refusal("There is no such customer.", code="order_not_found")
    return customer
