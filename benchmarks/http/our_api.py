"""The write API as it runs in production, one worker, with everything on; customers with tokens, and a catalogue."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bench import BUILD
from benchmarks.http.process import HOST, free_port, serving
from benchmarks.orders import PRODUCTS, placed_orders
from benchmarks.worker import python_module
from eventing.settings import AuthSettings
from eventing.web.auth import Role
from eventing.web.local_issuer import LocalIssuer

CUSTOMERS = 64
# Nobody is to be turned away here: what is measured is the way of a request that is let in.
ENDLESS = "1000000000"


@asynccontextmanager
async def our_api(database_url: str, redis_url: str, name: str) -> AsyncIterator[int]:
    port = free_port()
    env = {
        "ORDERS_POSTGRES__URL": database_url,
        "ORDERS_REDIS__URL": redis_url,
        "ORDERS_REDIS__KEY_PREFIX": f"{name}:",
        "ORDERS_COMMAND_API__PORT": str(port),
        "ORDERS_AUTH__KEY_FILE": str(key_file().absolute()),
        "ORDERS_RATE_LIMIT__PER_SECOND": ENDLESS,
        "ORDERS_RATE_LIMIT__BURST": ENDLESS,
        "ORDERS_LOAD__RELAY_LAG_EVENTS": ENDLESS,
        "ORDERS_LOAD__RELAY_LAG_SECONDS": ENDLESS,
    }
    issuer()  # the key has to be there before the server reads it
    async with serving(python_module("command_service"), port, "/livez", env):
        yield port


def key_file() -> Path:
    return BUILD / "bench-issuer.json"


def issuer() -> LocalIssuer:
    auth = AuthSettings()
    return LocalIssuer(key_file(), issuer=auth.issuer, audience=auth.audience)


def customer_tokens() -> list[str]:
    issue = issuer().issue
    return [issue(f"customer-{number}", [Role.CUSTOMER], minutes=600) for number in range(CUSTOMERS)]


async def register_products(port: int) -> None:
    token = issuer().issue("catalogue", [Role.CATALOGUE])
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as client:
        for sku, name, price in PRODUCTS:
            answer = await client.post(
                "/v1/products",
                json={"sku": sku, "name": name, "unit_price": price, "currency": "EUR"},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{sku}"},
            )
            answer.raise_for_status()


def order_bodies(count: int) -> Sequence[str]:
    return [json.dumps(order_body(order)) for order, _ in zip(placed_orders(), range(count), strict=False)]


def order_body(order: Any) -> dict[str, Any]:
    address = order.delivery_address
    return {
        "customer_name": order.customer_name,
        "customer_email": order.customer_email,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in order.lines],
        "delivery_address": {
            "recipient": address.recipient,
            "street": address.street,
            "postal_code": address.postal_code,
            "city": address.city,
            "country": address.country,
        },
    }
