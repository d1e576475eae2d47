"""Logs of a platform that never was: orders on all the ways that an order can go, products, stock, interleaved.

The same seed tells the same story. Positions and versions are as the store would give them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import event_schemas
from event_schemas.inventory.rejected import InventoryRejected
from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.order.cancelled import OrderCancelled
from event_schemas.order.compensation_forced import OrderCompensationForced
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.order.timed_out import OrderTimedOut
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.declined import PaymentDeclined
from event_schemas.payment.mischarged import PaymentMischarged
from event_schemas.payment.refund_requested import PaymentRefundRequested
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.payment.revoked import PaymentRevoked
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from event_schemas.shipping.failed import ShippingFailed
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.revoked import ShippingRevoked
from event_schemas.shipping.void_requested import ShippingVoidRequested
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from event_schemas.values import Address, LackingLine, OrderLine, SkuQuantity
from eventing.catalogue import Catalogue
from eventing.schema import declaration
from projections.read_model import Heard, at_text

CATALOGUE = Catalogue.discover(event_schemas)
BEGAN = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
"""Two hours before midnight, so that orders are confirmed on several days."""
SKUS = ("MUG-1", "TEA.2", "POT_3", "CUP-4", "TRAY-5")
NAMES = ("Ada Lovelace", "Grace Hopper", "Édouard Manet", "李小龙")
WAYS = (
    "confirmed",
    "out_of_stock",
    "declined",
    "mischarged",
    "not_shipped",
    "cancelled",
    "timed_out",
    "forced",
    "open",
)


@dataclass(frozen=True)
class Told:
    """An event of the log."""

    event: Any
    stream: str
    version: int
    position: int
    at: datetime

    @property
    def type(self) -> str:
        declared = declaration(type(self.event))
        assert declared is not None
        return declared.type

    @property
    def topic(self) -> str:
        return CATALOGUE[self.type].topic

    @property
    def key(self) -> str:
        return self.stream.partition("-")[2]

    def heard(self) -> Heard:
        return Heard(self.event, self.stream, self.version, self.position, at_text(self.at))


def tell(seed: int, *, orders: int = 20, first_position: int = 1, at_once: int = 20) -> Sequence[Told]:
    """The log. Each key's events are in their order, those of different keys are mixed: so many are open at once."""
    chance = random.Random(seed)
    tracks = [list(_product(sku, chance)) for sku in SKUS]
    tracks += [list(_stock(sku, chance)) for sku in SKUS]
    tracks += [list(order_way(_order_id(seed, number), chance)) for number in range(orders)]
    versions: dict[str, int] = defaultdict(int)
    log: list[Told] = []
    at = BEGAN
    while tracks:
        track = chance.choice(tracks[:at_once])
        event = track.pop(0)
        tracks = [track for track in tracks if track]
        stream = stream_of(event)
        versions[stream] += 1
        at += timedelta(milliseconds=chance.randrange(120_000))
        log.append(Told(event, stream, versions[stream], first_position + len(log), at))
    return log


def stream_of(event: Any) -> str:
    declared = declaration(type(event))
    assert declared is not None
    key = event.order_id if hasattr(event, "order_id") else event.sku
    return f"{CATALOGUE[declared.type].stream}-{key}"


def _order_id(seed: int, number: int) -> str:
    return f"{seed:06d}-{number:06d}"


def _product(sku: str, chance: random.Random) -> Iterator[Any]:
    yield ProductRegistered(sku=sku, name=f"A {sku}", description="Good.", unit_price=500, currency="EUR")
    for _ in range(chance.randrange(3)):
        yield ProductRepriced(sku=sku, unit_price=chance.randrange(1, 2000), currency="EUR")
    if chance.random() < 0.3:
        yield ProductRetired(sku=sku, reason="sold out for good")


def _stock(sku: str, chance: random.Random) -> Iterator[Any]:
    for number in range(chance.randrange(1, 4)):
        yield StockReceived(sku=sku, quantity=chance.randrange(1, 500), reference=f"delivery-{number}")
    if chance.random() < 0.5:
        yield StockAdjusted(sku=sku, delta=-chance.randrange(1, 5), reason="counted", reference="count-1")


def order_way(order_id: str, chance: random.Random, way: str | None = None) -> Iterator[Any]:
    """One order from its placing to its end, or as far as it has come."""
    way = way or chance.choice(WAYS)
    placed = placing(order_id, chance)
    yield placed
    if chance.random() < 0.3:
        yield OrderDeliveryAddressChanged(order_id=order_id, address=_address(chance))
    yield from _forward(placed, way, chance)
    yield from _back(placed, way, chance)
    if way == "confirmed":
        yield OrderConfirmed(order_id=order_id)
    elif way == "cancelled":
        yield OrderCancelled(order_id=order_id, reason="changed my mind")
    elif way != "open":
        reasons = {
            "out_of_stock": "insufficient_inventory",
            "not_shipped": "shipping_failed",
            "timed_out": "timed_out",
            "forced": "compensation_forced",
        }
        yield OrderFailed(order_id=order_id, reason=reasons.get(way, "payment_failed"))  # type: ignore[arg-type]


def placing(order_id: str, chance: random.Random) -> OrderPlaced:
    lines = tuple(
        OrderLine(sku=sku, name=f"A {sku}", quantity=chance.randrange(1, 4), unit_price=chance.randrange(1, 2000))
        for sku in chance.sample(SKUS, chance.randrange(1, 4))
    )
    customer = chance.randrange(len(NAMES))
    return OrderPlaced(
        order_id=order_id,
        customer_id=f"customer-{customer}",
        customer_name=NAMES[customer],
        customer_email=f"c{customer}@example.org",
        currency=chance.choice(("EUR", "USD")),
        lines=lines,
        total=sum(line.quantity * line.unit_price for line in lines),
        delivery_address=_address(chance),
        sales_channel=chance.choice(("web", "shop")),
    )


def _address(chance: random.Random) -> Address:
    return Address(
        recipient=chance.choice(NAMES), street="1 Way", postal_code="10115", city=chance.choice(("Berlin", "Paris")),
        country=chance.choice(("DE", "FR")),
    )  # fmt: skip


def _forward(placed: OrderPlaced, way: str, chance: random.Random) -> Iterator[Any]:
    order_id = placed.order_id
    if way == "out_of_stock":
        yield InventoryRejected(order_id=order_id, lacking=(LackingLine(sku="MUG-1", wanted=3, available=0),))
        return
    yield InventoryReserved(order_id=order_id, lines=_quantities(placed))
    if way == "open" and chance.random() < 0.3:
        return
    yield PaymentRequested(order_id=order_id, amount=placed.total, currency=placed.currency, provider_key=order_id)
    if way == "declined":
        yield PaymentDeclined(order_id=order_id, reason="card_expired")
        return
    if way == "mischarged":
        yield PaymentMischarged(order_id=order_id, amount=1, currency=placed.currency, provider_reference="ch_wrong")
        return
    yield PaymentCharged(
        order_id=order_id, amount=placed.total, currency=placed.currency, provider_reference=f"ch_{order_id}"
    )
    if way == "timed_out" or (way == "open" and chance.random() < 0.5):
        return
    yield ShippingRequested(order_id=order_id, address=placed.delivery_address, provider_key=order_id)
    if way == "not_shipped":
        yield ShippingFailed(order_id=order_id, reason="no_such_address")
    elif way != "cancelled":
        yield ShippingLabelCreated(order_id=order_id, carrier="post", tracking_number=f"T{order_id}")


def _back(placed: OrderPlaced, way: str, chance: random.Random) -> Iterator[Any]:
    order_id = placed.order_id
    if way in {"confirmed", "open", "out_of_stock"}:
        return
    if way == "cancelled":
        yield OrderCancellationRequested(order_id=order_id, reason="changed my mind")
        yield ShippingRevoked(order_id=order_id, cause="order.cancellation_requested")
        yield ShippingLabelVoided(order_id=order_id, tracking_number="")
    elif way == "timed_out":
        yield OrderTimedOut(order_id=order_id, step="shipping")
        yield ShippingLabelVoided(order_id=order_id, tracking_number="")
    elif way == "forced":
        yield OrderCompensationForced(order_id=order_id, reason="by hand", step="shipping")
        yield ShippingVoidRequested(
            order_id=order_id, carrier="post", tracking_number=f"T{order_id}", provider_key=f"void-{order_id}"
        )
        yield ShippingLabelVoided(order_id=order_id, tracking_number=f"T{order_id}")
    if way != "declined":
        amount = 1 if way == "mischarged" else placed.total
        if chance.random() < 0.3:
            yield PaymentRevoked(order_id=order_id, cause="shipping.failed")
        yield PaymentRefundRequested(
            order_id=order_id,
            amount=amount,
            currency=placed.currency,
            charge_reference="ch",
            provider_key=f"r-{order_id}",
        )
        yield PaymentRefunded(
            order_id=order_id, amount=amount, currency=placed.currency, provider_reference=f"re_{order_id}"
        )
    yield InventoryReleased(order_id=order_id, lines=_quantities(placed), cause="payment.refunded")


def _quantities(placed: OrderPlaced) -> tuple[SkuQuantity, ...]:
    return tuple(SkuQuantity(sku=line.sku, quantity=line.quantity) for line in placed.lines)
