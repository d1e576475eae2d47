"""A catalogue and stock to sell from, by the same commands that anybody would send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

from eventing.errors import Unavailable
from operations.demo.client import Answer, Client
from operations.demo.goods import CURRENCY, PRODUCTS
from operations.demo.stage import Stage

DONE: Final = frozenset({200, 201, 202})
KNOWN_ALREADY: Final = 409
"""From a demo before this one, on the same data."""


@contextmanager
def seeded(stage: Stage) -> Iterator[None]:
    client = Client(stage.write_api, stage.ended)
    delivery = f"delivery-note-{uuid4()}"
    for product in PRODUCTS:
        body = {
            "sku": product.sku,
            "name": product.name,
            "description": product.description,
            "unit_price": product.unit_price,
            "currency": CURRENCY,
        }
        registered = client.send("POST", "/v1/products", body, stage.token("catalogue"))
        _demand(registered, product.sku, DONE | {KNOWN_ALREADY})
        receipt = {"quantity": product.stock, "reference": delivery}
        received = client.send("POST", f"/v1/stock/{product.sku}/receipts", receipt, stage.token("warehouse"))
        _demand(received, product.sku, DONE)
    client.close()
    stage.screen.say(f"{len(PRODUCTS)} products are in the catalogue and in stock.")
    yield


def _demand(answer: Answer, sku: str, accepted: frozenset[int]) -> None:
    if answer.status not in accepted:
        detail = answer.body.get("detail", answer.code)
        raise Unavailable(f"The write API refused {sku}: {answer.status}, {detail}")
