"""Pages that neither repeat nor leave out, and text that is never more than text."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from event_schemas.values import OrderLine
from eventing.web.auth import Role
from tests.support.queries.platform import QueryProcess, Reader, Writer, ids
from tests.support.write_api import code


async def pages(reader: Reader, path: str, token: str, **query: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await reader.get(path, seen=token, **query, **cursor)
        assert answer.status_code == 200, answer.text
        found += ids(answer.json()["orders"])
        cursor = {"cursor": answer.json()["next_cursor"]}
        if cursor["cursor"] is None:
            return found


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/customers/{}/orders"])
async def test_pages_are_whole_while_others_write(api: QueryProcess, writer: Writer, path: str) -> None:
    """Orders that do not change are each shown once, however many come and change in between."""
    customer = f"pager-{uuid4().hex[:8]}"
    made = [await writer.place(customer) for _ in range(60)]
    quiet = [order_id for order_id, _ in made[::2]]
    reader, tokens = api.as_(customer), ", ".join(token for _, token in made[-16:])

    async def write_on() -> None:
        while True:
            await writer.place(customer)
            await asyncio.sleep(0.01)

    for order_id, _ in made:
        answer = await reader.get(f"/v1/orders/{order_id}", seen=made[-1][1])
        assert answer.status_code == 200
    writing = asyncio.create_task(write_on())
    try:
        changing = asyncio.gather(*(writer.cancel(order_id, customer) for order_id, _ in made[1::2]))
        found = await pages(reader, path.format(customer), tokens, limit=7)
        await changing
    finally:
        writing.cancel()

    assert [one for one in found if one in set(quiet)] == quiet[::-1]


async def test_a_cursor_is_good_for_its_caller_and_its_question_alone(api: QueryProcess, writer: Writer) -> None:
    for _ in range(3):
        await writer.place("ilse")
        await writer.place("hans")
    _, token = await writer.place("hans")
    hans, operator = api.as_("hans"), api.as_("olga", Role.OPERATOR)
    first = await hans.get("/v1/customers/hans/orders", seen=token, limit=1)
    cursor = first.json()["next_cursor"]
    forged = ("A" if cursor[0] != "A" else "B") + cursor[1:]

    assert (await hans.get("/v1/customers/hans/orders", cursor=cursor, limit=1)).status_code == 200
    for reader, path, sent in (
        (operator, "/v1/customers/hans/orders", cursor),
        (hans, "/v1/orders", cursor),
        (hans, "/v1/customers/hans/orders", forged),
        (hans, "/v1/customers/hans/orders", "nonsense"),
        (hans, "/v1/customers/hans/orders", "A" * 5000),
    ):
        assert code(await reader.get(path, cursor=sent, limit=1)) == (400, "invalid_cursor")


INJECTIONS = (
    "*:* OR customer_id:canary",
    "/.*.*a/",
    "_exists_:customer_id",
    "canary*",
    "customer_id:canary",
    '"} , "query": {"match_all": {}}',
    "canary@example.org",
)


async def test_nothing_in_a_text_is_syntax(api: QueryProcess, writer: Writer) -> None:
    """The canary's order is never shown to anybody else, whatever they write."""
    canary, token = await writer.place("canary", name="Singing bird")
    mine, mine_token = await writer.place("jens", name="Singing kettle")
    jens, seen = api.as_("jens"), f"{token}, {mine_token}"

    assert ids((await jens.get("/v1/orders", seen=seen, q="singing")).json()["orders"]) == [mine]
    for text in INJECTIONS:
        answer = await jens.get("/v1/orders", q=text)
        assert answer.status_code == 200, f"{text}: {answer.text}"
        assert ids(answer.json()["orders"]) == [], text
        assert canary not in answer.text
    for query in ({"customer_id": "canary"}, {"customer_id": "canary,jens"}, {"sku": "MUG-1"}):
        assert canary not in (await jens.get("/v1/orders", **query)).text
    assert canary in (await api.as_("olga", Role.OPERATOR).get("/v1/orders", q="singing bird", seen=seen)).text


@pytest.mark.parametrize(
    "query",
    [
        {"from": "1000000000"},
        {"offset": "1"},
        {"sort": "_script"},
        {"sort": "customer_email"},
        {"limit": "101"},
        {"limit": "0"},
        {"limit": "１"},
        {"status": ",".join(["a"] * 10_000)[:6000]},
        {"q": "word " * 10_000 and "w " * 17},
        {"q": "a" * 201},
        {"q": ""},
        {"q": "\x00"},
        {"placed_from": "yesterday"},
        {"placed_from": "2026-11-26T09:05:00"},
        {"total_from": "1e9"},
        {"total_from": "-1"},
        {"line_quantity_from": "many"},
        {"line_price_to": "-1"},
        {"customer_id": "a b"},
        {"fields": "customer_email"},
    ],
    ids=str,
)
async def test_what_is_not_offered_is_refused(api: QueryProcess, query: dict[str, str]) -> None:
    answer = await api.as_("jens").get("/v1/orders", **query)

    assert code(answer) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("#query/")


@pytest.mark.parametrize("sent", ["", "x", "MS9vcmRlci5ldmVudHMudjEvOTkvMQ", "Mi9vcmRlci5ldmVudHMudjEvMToy,nonsense"])
async def test_what_is_no_token_is_refused(api: QueryProcess, sent: str) -> None:
    answer = await api.as_("jens").get("/v1/orders", seen=sent)

    assert code(answer) == (400, "invalid_consistency_token")


@pytest.mark.parametrize("prefer", ["max-staleness=soon", "wait=-1", "max-staleness", "wait=1e3"])
async def test_a_demand_that_can_not_be_read_is_refused(api: QueryProcess, prefer: str) -> None:
    assert code(await api.as_("jens").get("/v1/orders", prefer=prefer)) == (400, "malformed_request")


async def test_filters_sorts_and_times_find_what_they_say(api: QueryProcess, writer: Writer) -> None:
    customer = f"finder-{uuid4().hex[:8]}"
    cheap, first = await writer.place(customer, total=1000, name="Paper clip", sku="CLIP-1")
    dear, token = await writer.place(customer, total=9000, name="Fountain pen", sku="PEN-1")
    reader, seen = api.as_(customer), f"{first}, {token}"

    async def found(**query: Any) -> list[str]:
        answer = await reader.get("/v1/orders", seen=seen, **query)
        assert answer.status_code == 200, answer.text
        return ids(answer.json()["orders"])

    assert await found(sort="total") == [cheap, dear]
    assert await found(sort="-total") == [dear, cheap]
    assert await found(total_from=5000) == [dear]
    assert await found(sku="CLIP-1") == [cheap]
    assert await found(q="fountain PEN") == [dear]
    assert await found(q=cheap) == [cheap]
    assert await found(q=cheap.upper()) == [cheap]
    assert await found(status="placed,failed", currency="EUR", country="DE") == [dear, cheap]
    assert await found(placed_from="2199-01-01T00:00:00Z") == []


async def test_bounds_of_a_line_and_its_product_are_asked_of_the_same_line(api: QueryProcess, writer: Writer) -> None:
    """In an order of one mug and five bowls there are five pieces and there is a mug, but there are no five mugs."""
    customer = f"liner-{uuid4().hex[:8]}"
    mug = OrderLine(sku="MUG-1", name="Stoneware mug", quantity=1, unit_price=1250)
    bowls = OrderLine(sku="BOWL-1", name="Salad bowl", quantity=5, unit_price=300)
    order_id, token = await writer.place(customer, lines=(mug, bowls), total=2750)
    reader = api.as_(customer)

    async def found(**query: Any) -> list[str]:
        answer = await reader.get("/v1/orders", seen=token, **query)
        assert answer.status_code == 200, answer.text
        return ids(answer.json()["orders"])

    assert await found(sku="BOWL-1", line_quantity_from=5) == [order_id]
    assert await found(sku="MUG-1", line_quantity_from=5) == []
    assert await found(sku="MUG-1,BOWL-1", line_quantity_from=5) == [order_id]
    assert await found(sku="MUG-1", line_quantity_to=1, line_price_from=1250) == [order_id]
    assert await found(line_quantity_from=5, line_price_to=300) == [order_id]
    assert await found(line_quantity_from=5, line_price_from=301) == []
    assert await found(line_quantity_from=6) == []
