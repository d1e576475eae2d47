"""Lists of orders: a customer's, newest first, and whatever is searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.responses import Response

from eventing.web.call import Call
from eventing.web.operation import Answer, Operation
from projections.query_api import answers, documented, examples
from projections.query_api.answering import search
from projections.query_api.answering.orders import TOPIC, check_customer
from projections.query_api.answering.seen import OF_MANY, describe
from projections.query_api.asking.names import checked_customer
from projections.query_api.asking.parameters import (
    PAGE,
    USUAL_PAGE,
    Read,
    moment,
    one_of,
    read_parameters,
    several,
    whole,
    word,
    words,
)
from projections.query_api.ground import Ground, answer
from projections.query_api.routes.orders import OWN
from projections.read_models.customer_orders import CUSTOMER_ORDERS
from projections.read_models.order_search import ORDER_SEARCH

LONGEST_TEXT: Final = 200
MOST_WORDS: Final = 16
_AMOUNT: Final = whole(0, 10**15 - 1)
_FACETS: Final = ("yes", "no")
_SAME_LINE: Final = "What is asked of lines is asked of one line, and so is `sku` beside it."
_SEARCH: Final[Mapping[str, Read]] = {
    **PAGE,
    "q": words(LONGEST_TEXT, MOST_WORDS),
    "sort": one_of(search.SORTS),
    "facets": one_of(_FACETS),
    **dict.fromkeys(search.TERMS, several(word)),
    "placed_from": moment,
    "placed_to": moment,
    "total_from": _AMOUNT,
    "total_to": _AMOUNT,
    **dict.fromkeys(search.LINE_RANGES, _AMOUNT),
}


def operations(ground: Ground) -> Sequence[Operation]:
    async def list_customer_orders(call: Call) -> Response:
        customer = checked_customer(call.params["customer_id"])
        check_customer(call.caller, customer)
        asked, wish = read_parameters(call, PAGE), ground.wish(call)
        question, limit = {"orders of": customer}, asked.get("limit", USUAL_PAGE)
        after = ground.after(call, question, asked.get("cursor"))
        ready = await ground.freshness.wait_for(CUSTOMER_ORDERS.name, [TOPIC], wish)
        model, tag, seen = CUSTOMER_ORDERS.name, ready.standing.tag, ground.freshness.seen(ready, [TOPIC])
        entries = await ground.reads.listed(
            model, tag, f"customer:{customer}", below=after[0] if after else None, limit=limit + 1
        )
        page = entries[:limit]
        kept = await ground.reads.documents(model, tag, [entry.document_id for entry in page]) if page else []
        (sums,) = await ground.reads.sums(model, tag, [customer])
        more = ground.cursor(call, question, [page[-1].place]) if len(entries) > limit else None
        orders = b",".join(one.body for one in kept if one is not None and one.label == customer)
        rest = orjson.dumps({**_summed(sums), "next_cursor": more})
        return answer(b'{"orders":[' + orders + b"]," + rest[1:], seen, wish)

    async def search_orders(call: Call) -> Response:
        asked, wish = read_parameters(call, _SEARCH), ground.wish(call)
        sent, limit = asked.pop("cursor", None), asked.pop("limit", USUAL_PAGE)
        question = {"search": {name: str(value) for name, value in asked.items()}}
        after = ground.after(call, question, sent)
        ready = await ground.freshness.wait_for(ORDER_SEARCH.name, [TOPIC], wish)
        found = await ground.search.search(
            ORDER_SEARCH.name, ready.standing.tag, search.question(call.caller, asked, after, limit)
        )
        hits = found["hits"]["hits"]
        more = ground.cursor(call, question, hits[limit - 1]["sort"]) if len(hits) > limit else None
        body = {
            "orders": [search.document_of(hit) for hit in hits[:limit]],
            "total": search.total_of(found),
            "facets": search.facets_of(found),
            "next_cursor": more,
        }
        return answer(orjson.dumps(body), ground.freshness.seen(ready, [TOPIC]), wish)

    return (
        Operation(
            "GET",
            "/v1/orders",
            search_orders,
            roles=OWN,
            tag="Orders",
            summary="Search orders",
            description="All words have to be found, in the name, the recipient, the city, the items, the id or the "
            "address of mail; or the whole text is an id, an address, a SKU or a tracking number. Text is text: there "
            "is no syntax in it. A customer finds its own orders only.",
            parameters=(*_search_parameters(), documented.LIMIT, documented.CURSOR, *documented.FRESHNESS),
            answers=(Answer(200, "What was found.", answers.FoundOrders, examples.FOUND, describe(OF_MANY)),),
            problems=(
                "invalid",
                "invalid_cursor",
                "stale_cursor",
                "search_unavailable",
                "read_model_unavailable",
                *documented.OF_FRESHNESS,
            ),
        ),
        Operation(
            "GET",
            "/v1/customers/{customer_id}/orders",
            list_customer_orders,
            roles=OWN,
            tag="Orders",
            summary="List a customer's orders",
            description="Newest first, with counts by status and totals by currency of all of them.",
            parameters=(documented.CUSTOMER_IN_PATH, documented.LIMIT, documented.CURSOR, *documented.FRESHNESS),
            answers=(
                Answer(200, "A page of them.", answers.CustomerOrders, examples.CUSTOMER_ORDERS, describe(OF_MANY)),
            ),
            problems=(
                "order_not_found",
                "invalid",
                "invalid_cursor",
                "stale_cursor",
                "read_model_unavailable",
                *documented.OF_FRESHNESS,
            ),
        ),
    )


def _summed(sums: Mapping[str, int]) -> dict[str, Any]:
    counts = {"orders": sums.get("orders", 0)}
    found: dict[str, Any] = {"counts": counts, "totals": {}, "confirmed": {}}
    for name, amount in sums.items():
        kind, _, what = name.partition(":")
        if kind == "status":
            counts[what] = amount
        elif kind == "total":
            found["totals"][what] = amount
        elif kind == "confirmed":
            found["confirmed"][what] = amount
    return found


def _search_parameters() -> list[Any]:
    text: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z0-9]{1,100}$"}
    names: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}(,[A-Za-z0-9_.-]{1,64}){0,3}$"}
    time: dict[str, Any] = {"type": "string", "format": "date-time"}
    amount: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
    terms = [documented.query(name, "One of these, with commas.", names, "a") for name in search.TERMS]
    return [
        documented.query("q", f"Text, at most {LONGEST_TEXT} characters and {MOST_WORDS} words.", text, "mug"),
        *terms,
        documented.query("placed_from", "Placed at or after.", time, examples.AT),
        documented.query("placed_to", "Placed before.", time, examples.AT),
        documented.query("total_from", "At least so much, in minor units.", amount, 0),
        documented.query("total_to", "At most so much.", amount, 100_000),
        documented.query("line_quantity_from", f"A line has at least so many pieces. {_SAME_LINE}", amount, 1),
        documented.query("line_quantity_to", f"A line has at most so many. {_SAME_LINE}", amount, 100),
        documented.query("line_price_from", f"A piece costs at least so much, in minor units. {_SAME_LINE}", amount, 0),
        documented.query("line_price_to", f"A piece costs at most so much. {_SAME_LINE}", amount, 100_000),
        documented.query(
            "sort",
            f"`{search.USUAL_SORT}` if not said; a minus turns it round.",
            {"type": "string", "enum": sorted(search.SORTS)},
            "-total",
        ),
        documented.query("facets", "Whether the first page counts them.", {"type": "string", "enum": [*_FACETS]}, "no"),
    ]
