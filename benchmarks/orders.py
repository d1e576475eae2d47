"""Orders as customers place them: three lines, a real-looking address; the same ones every run, but for their ids."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator

from event_schemas.order.placed import OrderPlaced
from event_schemas.values import Address, OrderLine

PRODUCTS = (("MUG-1", "Stoneware mug", 1490), ("TEE-M-BLUE", "T-shirt, blue, M", 2490), ("PEN-3", "Pens, three", 690))
NAMES = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Leslie Lamport", "Radia Perlman")
CITIES = (("10115", "Berlin", "DE"), ("1011 AB", "Amsterdam", "NL"), ("75001", "Paris", "FR"))


def placed_orders(seed: int = 1) -> Iterator[OrderPlaced]:
    chance = random.Random(seed)
    while True:
        yield placed_order(chance)


def placed_order(chance: random.Random) -> OrderPlaced:
    lines = tuple(
        OrderLine(sku=sku, name=name, quantity=chance.randint(1, 5), unit_price=price) for sku, name, price in PRODUCTS
    )
    customer = chance.choice(NAMES)
    postal_code, city, country = chance.choice(CITIES)
    return OrderPlaced(
        order_id=str(uuid.uuid4()),
        customer_id=f"customer-{chance.randrange(10_000)}",
        customer_name=customer,
        customer_email=f"{customer.split()[0].lower()}@example.com",
        currency="EUR",
        lines=lines,
        total=sum(line.quantity * line.unit_price for line in lines),
        delivery_address=Address(
            recipient=customer,
            street=f"Long Street {chance.randint(1, 200)}",
            postal_code=postal_code,
            city=city,
            country=country,
        ),
    )
