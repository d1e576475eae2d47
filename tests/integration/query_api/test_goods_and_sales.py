"""What is shown of goods and of sales after a small history that everybody can add up by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.order.failed import OrderFailed
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.product.registered import ProductRegistered
from event_schemas.product.repriced import ProductRepriced
from event_schemas.product.retired import ProductRetired
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from event_schemas.values import OrderLine, SkuQuantity
from eventing.web.auth import Role
from tests.support.queries.as_stored import put
from tests.support.queries.platform import ADDRESS, QueryPlatform, QueryProcess, Reader
from tests.support.write_api import code

PRICES = {"BOWL-1": 900, "CUP-1": 700, "MUG-1": 1250, "OLD-1": 100}
SOLD, OPEN, FAILED, RETURNED = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))


def on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def registered(sku: str) -> ProductRegistered:
    return ProductRegistered(sku=sku, name=f"Name of {sku}", description="", unit_price=PRICES[sku], currency="EUR")


def placed(order: str, currency: str, **quantities: int) -> OrderPlaced:
    lines = tuple(
        OrderLine(sku=f"{name}-1", name=name, quantity=quantity, unit_price=PRICES[f"{name}-1"])
        for name, quantity in quantities.items()
    )
    return OrderPlaced(
        order_id=order,
        customer_id="alice",
        customer_name="Alice",
        customer_email="alice@example.org",
        currency=currency,
        lines=lines,
        total=sum(line.quantity * line.unit_price for line in lines),
        delivery_address=ADDRESS,
    )


def reserved(order: str, **quantities: int) -> InventoryReserved:
    lines = tuple(SkuQuantity(sku=f"{name}-1", quantity=quantity) for name, quantity in quantities.items())
    return InventoryReserved(order_id=order, lines=lines)


def refunded(order: str, amount: int, currency: str) -> PaymentRefunded:
    return PaymentRefunded(order_id=order, amount=amount, currency=currency, provider_reference="re-1")


HISTORY: list[tuple[datetime, str, object]] = [
    (on(1, 8), "product-BOWL-1", registered("BOWL-1")),
    (on(1, 8), "product-CUP-1", registered("CUP-1")),
    (on(1, 8), "product-MUG-1", registered("MUG-1")),
    (on(1, 8), "product-OLD-1", registered("OLD-1")),
    (on(1, 9), "product-CUP-1", ProductRepriced(sku="CUP-1", unit_price=800, currency="EUR")),
    (on(1, 9), "product-OLD-1", ProductRetired(sku="OLD-1", reason="Nobody wants it.")),
    (on(1, 10), "stock-BOWL-1", StockReceived(sku="BOWL-1", quantity=10, reference="d-1")),
    (on(1, 10), "stock-CUP-1", StockReceived(sku="CUP-1", quantity=5, reference="d-1")),
    (on(1, 10), "stock-MUG-1", StockReceived(sku="MUG-1", quantity=40, reference="d-1")),
    (on(1, 11), "stock-BOWL-1", StockAdjusted(sku="BOWL-1", delta=-2, reason="broken", reference="c-1")),
    (on(2, 8), f"order-{SOLD}", placed(SOLD, "EUR", MUG=2, BOWL=1)),
    (on(2, 8), f"reservation-{SOLD}", reserved(SOLD, MUG=2, BOWL=1)),
    (on(2, 9), f"order-{OPEN}", placed(OPEN, "EUR", MUG=3)),
    (on(2, 9), f"reservation-{OPEN}", reserved(OPEN, MUG=3)),
    # Where it goes to it is the third of March by then; in UTC, in which days are told, it is not.
    (on(2, 23, 59), f"order-{SOLD}", OrderConfirmed(order_id=SOLD)),
    (on(3, 8), f"order-{FAILED}", placed(FAILED, "EUR", CUP=1)),
    (on(3, 8), f"reservation-{FAILED}", reserved(FAILED, CUP=1)),
    (on(3, 9), f"payment-{FAILED}", refunded(FAILED, 700, "EUR")),
    (
        on(3, 9),
        f"reservation-{FAILED}",
        InventoryReleased(order_id=FAILED, lines=(SkuQuantity(sku="CUP-1", quantity=1),), cause="shipping.failed"),
    ),
    (on(3, 9), f"order-{FAILED}", OrderFailed(order_id=FAILED, reason="shipping_failed")),
    (on(3, 10), f"order-{RETURNED}", placed(RETURNED, "CHF", CUP=2)),
    (on(3, 10), f"reservation-{RETURNED}", reserved(RETURNED, CUP=2)),
    (on(3, 11), f"order-{RETURNED}", OrderConfirmed(order_id=RETURNED)),
    (on(4, 8), f"payment-{RETURNED}", refunded(RETURNED, 1400, "CHF")),
]


@pytest.fixture(scope="module")
def seen(platform: QueryPlatform) -> str:
    """The token of all of it."""
    tokens = {}
    for at, stream, event in HISTORY:
        category, _, key = stream.partition("-")
        of = category if category in ("product", "stock") else "order"
        tokens[of, key] = put(platform.installation, stream, event, at)
    return ", ".join(tokens.values())


@pytest.fixture
def staff(api: QueryProcess) -> Reader:
    return api.as_("olga", Role.OPERATOR)


def stock(sku: str, version: int, hour: int, **amounts: int) -> dict[str, Any]:
    return {"sku": sku, "version": version, "updated_at": f"2026-03-01T{hour}:00:00.000000Z", **amounts}


def product(sku: str, version: int = 1, price: int = 0, changed: str = "08") -> dict[str, Any]:
    return {
        "sku": sku,
        "name": f"Name of {sku}",
        "description": "",
        "unit_price": price or PRICES[sku],
        "currency": "EUR",
        "version": version,
        "registered_at": "2026-03-01T08:00:00.000000Z",
        "updated_at": f"2026-03-01T{changed}:00:00.000000Z",
    }


BOWLS = stock("BOWL-1", 2, 11, on_hand=8, reserved=0, sold=1, available=7)
CUPS = stock("CUP-1", 1, 10, on_hand=5, reserved=0, sold=2, available=3)
MUGS = stock("MUG-1", 1, 10, on_hand=40, reserved=3, sold=2, available=35)
BOWL, CUP, MUG = product("BOWL-1"), product("CUP-1", 2, 800, "09"), product("MUG-1")


def shown(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("of", [BOWLS, CUPS, MUGS], ids=lambda of: of["sku"])
async def test_the_stock_of_a_product_is_what_came_less_what_is_promised(
    staff: Reader, seen: str, of: dict[str, Any]
) -> None:
    assert shown(await staff.get(f"/v1/stock/{of['sku']}", seen=seen)) == of


@pytest.mark.parametrize("of", [BOWL, CUP, MUG], ids=lambda of: of["sku"])
async def test_a_product_costs_what_it_costs_now(staff: Reader, seen: str, of: dict[str, Any]) -> None:
    answer = await staff.get(f"/v1/catalogue/{of['sku']}", seen=seen)

    assert shown(answer) == of
    assert answer.headers["etag"] == f'"{of["version"]}"'


async def test_a_product_that_is_retired_can_not_be_bought(staff: Reader, seen: str) -> None:
    assert code(await staff.get("/v1/catalogue/OLD-1", seen=seen)) == (404, "product_not_found")


@pytest.mark.parametrize(
    ("path", "name", "everything"),
    [("/v1/stock", "stock", [BOWLS, CUPS, MUGS]), ("/v1/catalogue", "products", [BOWL, CUP, MUG])],
)
async def test_goods_are_listed_by_sku_page_by_page(
    staff: Reader, seen: str, path: str, name: str, everything: list[dict[str, Any]]
) -> None:
    whole = shown(await staff.get(path, seen=seen))
    first = shown(await staff.get(path, seen=seen, limit=2))
    second = shown(await staff.get(path, seen=seen, limit=2, cursor=first["next_cursor"]))

    assert whole == {name: everything, "next_cursor": None}
    assert (first[name], second) == (everything[:2], {name: everything[2:], "next_cursor": None})


async def test_a_page_of_the_stock_does_not_lead_on_in_the_catalogue(staff: Reader, seen: str) -> None:
    first = shown(await staff.get("/v1/stock", seen=seen, limit=2))

    refused = await staff.get("/v1/catalogue", seen=seen, limit=2, cursor=first["next_cursor"])

    assert code(refused) == (400, "invalid_cursor")


async def test_sales_count_on_the_day_of_the_confirmation_in_utc(staff: Reader, seen: str) -> None:
    answer = await staff.get("/v1/sales", seen=seen, **{"from": "2026-03-01", "to": "2026-03-04"})

    assert shown(answer)["days"] == {
        "2026-03-01": {},
        "2026-03-02": {"EUR": {"orders": 1, "quantity": 3, "revenue": 3400}},
        "2026-03-03": {
            "EUR": {"refunds": 1, "refunded_unsold": 700},
            "CHF": {"orders": 1, "quantity": 2, "revenue": 1400},
        },
        "2026-03-04": {"CHF": {"refunds": 1, "refunded": 1400}},
    }


@pytest.mark.parametrize(
    ("day", "products"),
    [
        ("2026-03-01", {}),
        (
            "2026-03-02",
            {
                "BOWL-1": {"EUR": {"quantity": 1, "revenue": 900}},
                "MUG-1": {"EUR": {"quantity": 2, "revenue": 2500}},
            },
        ),
        ("2026-03-03", {"CUP-1": {"CHF": {"quantity": 2, "revenue": 1400}}}),
    ],
)
async def test_a_day_is_told_by_product(staff: Reader, seen: str, day: str, products: dict[str, Any]) -> None:
    assert shown(await staff.get(f"/v1/sales/days/{day}", seen=seen)) == {"day": day, "products": products}


@pytest.mark.parametrize(
    ("sku", "days"),
    [
        ("MUG-1", {"2026-03-02": {"EUR": {"quantity": 2, "revenue": 2500}}}),
        ("CUP-1", {"2026-03-03": {"CHF": {"quantity": 2, "revenue": 1400}}}),
        ("OLD-1", {}),
    ],
)
async def test_a_product_is_told_by_day(staff: Reader, seen: str, sku: str, days: dict[str, Any]) -> None:
    assert shown(await staff.get(f"/v1/sales/products/{sku}", seen=seen)) == {"sku": sku, "days": days}
