"""What to try from another terminal while the demo runs."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from operations.demo.goods import CUSTOMERS, PRODUCTS
from operations.demo.stage import Stage

ROLES: Final = (("customer", "alice"), ("warehouse", "willem"), ("catalogue", "carla"), ("operator", "olga"))


@contextmanager
def invited(stage: Stage) -> Iterator[None]:
    for line in lines(stage.write_api, stage.query_api, _orders()):
        stage.screen.say(line)
    yield


def lines(api: str, query_api: str, orders: str) -> list[str]:
    customer, product = CUSTOMERS[0], PRODUCTS[0]
    order = {
        "customer_name": customer.name,
        "customer_email": "ada@example.org",
        "lines": [{"sku": product.sku, "quantity": 2}],
        "delivery_address": customer.address,
    }
    delivery = {"quantity": 40, "reference": "delivery-note-4711"}
    return [
        "",
        "From another terminal, in this folder: a token for each role,",
        *(f"  {role.upper()}=$({orders} token --role {role} --subject {subject})" for role, subject in ROLES),
        "an order, sent as often as you like with one effect,",
        _curl("CUSTOMER", f"{api}/v1/orders", "first-order", order),
        "what is shown of it, with the order's id put in,",
        f'  curl -i {query_api}/v1/orders/ORDER_ID -H "Authorization: Bearer $CUSTOMER"',
        "and a delivery for the shelf:",
        _curl("WAREHOUSE", f"{api}/v1/stock/{product.sku}/receipts", "first-delivery", delivery),
        "",
    ]


def _curl(token: str, address: str, key: str, body: object) -> str:
    return (
        f'  curl -i {address} -H "Authorization: Bearer ${token}" -H "Content-Type: application/json" '
        f'-H "Idempotency-Key: {key}" -d {shlex.quote(json.dumps(body, ensure_ascii=False))}'
    )


def _orders() -> str:
    """The command as it can be typed here."""
    script = Path(sys.executable).with_name("orders")
    return os.path.relpath(script) if script.is_relative_to(Path.cwd()) else str(script)
