"""Many clients on one thing: one wins, the others are told, nothing is lost and nothing is doubled."""

from __future__ import annotations

import asyncio
from collections import Counter

import psycopg

from command_service.aggregates.stock import STOCK
from eventing.loading import load
from eventing.postgres.store import PostgresEventStore
from eventing.web.auth import Role
from tests.support.write_api import CODEC, MUG, OFFICE, order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api


async def test_of_32_clients_who_saw_the_same_version_one_wins(
    api: ApiProcess, surroundings: Surroundings, store: PostgresEventStore
) -> None:
    async with write_api(surroundings) as other:
        alices = [process.as_("alice", Role.CUSTOMER) for process in (api, other)]
        order_id = (await alices[0].post("/v1/orders", order())).json()["order_id"]
        path = f"/v1/orders/{order_id}/delivery-address"

        answers = await asyncio.gather(
            *[alices[n % 2].put(path, {**OFFICE, "street": f"{n} Road"}, if_match='"1"') for n in range(32)]
        )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 31}
    assert {answer.json()["current_version"] for answer in answers if answer.status_code == 412} == {2}
    assert [event.version for event in await store.read(f"order-{order_id}")] == [1, 2]


async def test_who_does_not_care_for_the_version_is_tried_again(api: ApiProcess, store: PostgresEventStore) -> None:
    alice = api.as_("alice", Role.CUSTOMER)
    order_id = (await alice.post("/v1/orders", order())).json()["order_id"]
    path = f"/v1/orders/{order_id}/delivery-address"

    answers = await asyncio.gather(
        *[alice.put(path, {**OFFICE, "street": f"{n} Road"}, if_match="*") for n in range(8)]
    )

    assert {answer.status_code for answer in answers} == {200}
    assert [event.version for event in await store.read(f"order-{order_id}")] == list(range(1, 10))


async def test_receipts_add_up_whoever_books_them(api: ApiProcess, superuser: psycopg.Connection) -> None:
    will = api.as_("will", Role.WAREHOUSE)

    answers = await asyncio.gather(
        *[will.post("/v1/stock/MUG-1/receipts", {"quantity": 5, "reference": f"note-{n % 8}"}) for n in range(16)]
    )

    assert {answer.status_code for answer in answers} == {200}
    row = superuser.execute("SELECT available, reserved, on_hand FROM stock_levels WHERE sku = 'MUG-1'").fetchone()
    assert row == (40, 0, 40)


async def test_what_orders_have_reserved_meanwhile_can_t_be_taken_away(
    api: ApiProcess, superuser: psycopg.Connection
) -> None:
    carol, will = api.as_("carol", Role.CATALOGUE), api.as_("will", Role.WAREHOUSE)
    await carol.post("/v1/products", {**MUG, "sku": "VASE-1"})
    await will.post("/v1/stock/VASE-1/receipts", {"quantity": 10, "reference": "note"})
    superuser.execute("UPDATE stock_levels SET available = 4, reserved = 6 WHERE sku = 'VASE-1'")
    count = {"reason": "broken", "reference": "count"}

    too_many = await will.post("/v1/stock/VASE-1/adjustments", {**count, "delta": -5})
    enough = await will.post("/v1/stock/VASE-1/adjustments", {**count, "delta": -4})

    assert (too_many.status_code, too_many.json()["code"], too_many.json()["available"]) == (409, "below_reserved", 4)
    assert (enough.status_code, enough.json()["on_hand"]) == (200, 6)


async def test_a_price_changed_by_another_process_is_the_price_of_the_next_order(
    api: ApiProcess, surroundings: Surroundings
) -> None:
    """The first process remembers the old price; the check of the product's version makes it look again."""
    carol, alice = api.as_("carol", Role.CATALOGUE), api.as_("alice", Role.CUSTOMER)
    await carol.post("/v1/products", {**MUG, "sku": "CUP-1"})
    assert (await alice.post("/v1/orders", order(("CUP-1", 1)))).json()["total"] == 1250

    async with write_api(surroundings) as other:
        dearer = await other.as_("carol", Role.CATALOGUE).put(
            "/v1/products/CUP-1/price", {"unit_price": 2000, "currency": "EUR"}, if_match='"1"'
        )
        assert dearer.status_code == 200
        assert (await alice.post("/v1/orders", order(("CUP-1", 1)))).json()["total"] == 2000
        await other.as_("carol", Role.CATALOGUE).post("/v1/products/CUP-1/retirement", {}, if_match='"2"')

    refused = await alice.post("/v1/orders", order(("CUP-1", 1)))
    assert (refused.status_code, refused.json()["code"]) == (422, "retired_sku")


async def test_the_catalogue_equals_the_fold_of_the_events_whatever_came_at_once(
    api: ApiProcess, superuser: psycopg.Connection
) -> None:
    carol, skus = api.as_("carol", Role.CATALOGUE), [f"PLATE-{n}" for n in range(4)]
    await asyncio.gather(*[carol.post("/v1/products", {**MUG, "sku": sku}) for sku in skus])
    price = {"unit_price": 1300, "currency": "EUR"}
    await asyncio.gather(*[carol.put(f"/v1/products/{sku}/price", price, if_match="*") for sku in skus * 2])

    rows = superuser.execute("SELECT sku, version FROM catalogue ORDER BY sku").fetchall()
    heads = superuser.execute(
        "SELECT substr(stream, 9), max(version) FROM events WHERE stream LIKE 'product-%' GROUP BY 1 ORDER BY 1"
    ).fetchall()

    assert {sku for sku, _ in rows} >= set(skus)
    assert rows == heads


async def test_the_stock_equals_the_fold_of_the_events_whatever_came_at_once(
    api: ApiProcess, superuser: psycopg.Connection, store: PostgresEventStore
) -> None:
    carol, will = api.as_("carol", Role.CATALOGUE), api.as_("will", Role.WAREHOUSE)
    await carol.post("/v1/products", {**MUG, "sku": "BOWL-1"})
    pieces = [{"quantity": 5, "reference": f"bowls-{n % 4}"} for n in range(8)]
    await asyncio.gather(*[will.post("/v1/stock/BOWL-1/receipts", each) for each in pieces])

    levels = superuser.execute("SELECT sku, on_hand FROM stock_levels").fetchall()
    booked = superuser.execute("SELECT sku, sum(delta)::bigint, count(*) FROM stock_movements GROUP BY sku").fetchall()

    folds = {}
    for sku, _ in levels:
        loaded = await load(store, CODEC, STOCK, f"stock-{sku}")
        folds[sku] = (loaded.state.on_hand, loaded.version)

    assert folds["BOWL-1"][1] == 4
    assert dict(levels) == {sku: on_hand for sku, (on_hand, _) in folds.items()}
    assert {sku: (pieces, movements) for sku, pieces, movements in booked} == folds
