"""What was sold: by day, by product, by both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
from starlette.responses import Response

from eventing.web.auth import Role
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation, Parameter
from eventing.web.refusals import FieldError, Invalid
from projections.query_api import answers, documented, examples
from projections.query_api.answering.orders import TOPIC
from projections.query_api.answering.seen import OF_MANY, describe
from projections.query_api.asking.names import checked_sku
from projections.query_api.asking.parameters import day, read_parameters
from projections.query_api.ground import Ground, answer
from projections.read_models.sales_by_day import SALES_BY_DAY

MODEL: Final = SALES_BY_DAY.name
MOST_DAYS: Final = 92
SELLERS: Final = frozenset({Role.OPERATOR, Role.CATALOGUE})
ByCurrency = dict[str, dict[str, int]]

_PROBLEMS: Final = ("invalid", "read_model_unavailable", *documented.OF_FRESHNESS)
_DAY: Final = {"type": "string", "format": "date"}


def operations(ground: Ground) -> Sequence[Operation]:
    async def answered(call: Call, groups: Sequence[str], body: Any) -> Response:
        wish = ground.wish(call)
        ready = await ground.freshness.wait_for(MODEL, [TOPIC], wish)
        seen = ground.freshness.seen(ready, [TOPIC])
        sums = await ground.reads.sums(MODEL, ready.standing.tag, groups)
        return answer(orjson.dumps(body(sums)), seen, wish)

    async def see_sales(call: Call) -> Response:
        days = _days(read_parameters(call, {"from": day, "to": day}))
        return await answered(
            call,
            [f"day:{one}" for one in days],
            lambda sums: {"days": {one: by_currency(sum_) for one, sum_ in zip(days, sums, strict=True)}},
        )

    async def see_sales_of_day(call: Call) -> Response:
        wanted = _day_in_path(call.params["day"])
        return await answered(call, [f"skus:{wanted}"], lambda sums: {"day": wanted, "products": by_last_word(sums[0])})

    async def see_sales_of_product(call: Call) -> Response:
        sku = checked_sku(call.params["sku"])
        return await answered(call, [f"sku:{sku}"], lambda sums: {"sku": sku, "days": by_last_word(sums[0])})

    return (
        Operation(
            "GET",
            "/v1/sales",
            see_sales,
            roles=SELLERS,
            tag="Sales",
            summary="See the sales by day",
            description=f"Days in UTC, at most {MOST_DAYS}, the last 30 if not said. `refunded` is to be taken off the "
            "revenue; `refunded_unsold` was given back for orders that are in no revenue.",
            parameters=(
                documented.query("from", "The first day.", _DAY, "2026-11-01"),
                documented.query("to", "The last day.", _DAY, "2026-11-26"),
                *documented.FRESHNESS,
            ),
            answers=(Answer(200, "The sales.", answers.Sales, examples.SALES, describe(OF_MANY)),),
            problems=_PROBLEMS,
        ),
        Operation(
            "GET",
            "/v1/sales/days/{day}",
            see_sales_of_day,
            roles=SELLERS,
            tag="Sales",
            summary="See the sales of a day by product",
            parameters=(Parameter("day", "path", "The day.", _DAY, "2026-11-26"), *documented.FRESHNESS),
            answers=(Answer(200, "The sales.", answers.SalesOfDay, examples.SALES_OF_DAY, describe(OF_MANY)),),
            problems=_PROBLEMS,
        ),
        Operation(
            "GET",
            "/v1/sales/products/{sku}",
            see_sales_of_product,
            roles=SELLERS,
            tag="Sales",
            summary="See the sales of a product by day",
            parameters=(documented.SKU_IN_PATH, *documented.FRESHNESS),
            answers=(Answer(200, "The sales.", answers.SalesOfProduct, examples.SALES_OF_PRODUCT, describe(OF_MANY)),),
            problems=("product_not_found", *_PROBLEMS),
        ),
    )


def by_currency(sums: Mapping[str, int]) -> ByCurrency:
    found: ByCurrency = defaultdict(dict)
    for name, amount in sums.items():
        kind, _, currency = name.partition("|")
        found[currency][kind] = amount
    return found


def by_last_word(sums: Mapping[str, int]) -> dict[str, ByCurrency]:
    found: dict[str, ByCurrency] = defaultdict(lambda: defaultdict(dict))
    for name, amount in sums.items():
        kind, currency, last = name.split("|", 2)
        found[last][currency][kind] = amount
    return found


def _days(asked: Mapping[str, date]) -> list[str]:
    last = asked.get("to", datetime.now(UTC).date())
    first = asked.get("from", max(last, date(1970, 2, 1)) - timedelta(days=29))
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise Invalid([FieldError("#query/from", f"From there to the last day are not 1 to {MOST_DAYS} days", "range")])
    return [str(first + timedelta(days=n)) for n in range(count)]


def _day_in_path(text: str) -> str:
    try:
        return str(day(text))
    except ValueError as error:
        raise Invalid([FieldError("#path/day", str(error), "unreadable")]) from None
