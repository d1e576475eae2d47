"""What can be bought, and how much of it there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.responses import Response

from eventing.errors import Refusal
from eventing.web.auth import Role
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation
from projections.query_api import answers, documented, examples
from projections.query_api.answering.seen import OF_MANY, Seen, describe
from projections.query_api.asking.freshness import Wish
from projections.query_api.asking.names import checked_sku
from projections.query_api.asking.parameters import PAGE, USUAL_PAGE, read_parameters
from projections.query_api.ground import Ground, answer
from projections.read_models.stock_and_catalogue import STOCK_AND_CATALOGUE
from projections.reading import Kept, Standing

MODEL: Final = STOCK_AND_CATALOGUE.name
TOPICS: Final = STOCK_AND_CATALOGUE.topics
CATALOGUE_TOPICS: Final = ("catalogue.events.v1",)
EVERYBODY: Final = frozenset(Role)
STAFF: Final = frozenset({Role.OPERATOR, Role.WAREHOUSE, Role.CATALOGUE})
_OF_ONE: Final = ("product_not_found", "read_model_unavailable", *documented.OF_FRESHNESS)
_OF_LISTS: Final = (
    "invalid",
    "invalid_cursor",
    "stale_cursor",
    "read_model_unavailable",
    *documented.OF_FRESHNESS,
)


class Goods:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def see_product(self, call: Call) -> Response:
        wish, standing, seen = await self._ready(call, CATALOGUE_TOPICS)
        (product,) = await self._documents(standing, "catalogue", [checked_sku(call.params["sku"])])
        return answer(product.body, seen, wish, etag=f'"{orjson.loads(product.body)["version"]}"')

    async def list_products(self, call: Call) -> Response:
        asked = read_parameters(call, PAGE)
        wish, standing, seen = await self._ready(call, CATALOGUE_TOPICS)
        skus, more = await self._page(call, standing, "catalogue", asked)
        kept = await self._kept(standing, "catalogue", skus)
        body = b'{"products":[' + b",".join(one.body for one in kept if one) + b'],"next_cursor":'
        return answer(body + orjson.dumps(more) + b"}", seen, wish)

    async def see_stock(self, call: Call) -> Response:
        wish, standing, seen = await self._ready(call, TOPICS)
        sku = checked_sku(call.params["sku"])
        kept = await self._documents(standing, "stock", [sku])
        (sums,) = await self._ground.reads.sums(MODEL, standing.tag, [sku])
        return answer(orjson.dumps(_stock(kept[0], sums)), seen, wish)

    async def list_stock(self, call: Call) -> Response:
        asked = read_parameters(call, PAGE)
        wish, standing, seen = await self._ready(call, TOPICS)
        skus, more = await self._page(call, standing, "stock", asked)
        kept = await self._kept(standing, "stock", skus)
        sums = await self._ground.reads.sums(MODEL, standing.tag, skus) if skus else []
        stock = [_stock(one, sum_) for one, sum_ in zip(kept, sums, strict=True) if one is not None]
        return answer(orjson.dumps({"stock": stock, "next_cursor": more}), seen, wish)

    async def _ready(self, call: Call, topics: Sequence[str]) -> tuple[Wish, Standing, Seen]:
        wish = self._ground.wish(call)
        ready = await self._ground.freshness.wait_for(MODEL, topics, wish)
        return wish, ready.standing, self._ground.freshness.seen(ready, topics)

    async def _kept(self, standing: Standing, family: str, skus: Sequence[str]) -> Sequence[Kept | None]:
        ids = [f"{family}/{sku}" for sku in skus]
        return await self._ground.reads.documents(MODEL, standing.tag, ids) if ids else []

    async def _documents(self, standing: Standing, family: str, skus: Sequence[str]) -> Sequence[Kept]:
        found = [one for one in await self._kept(standing, family, skus) if one is not None]
        if not found:
            raise Refusal("There is no such product.", code="product_not_found")
        return found

    async def _page(
        self, call: Call, standing: Standing, family: str, asked: Mapping[str, Any]
    ) -> tuple[list[str], str | None]:
        question, limit = {"goods": family}, asked.get("limit", USUAL_PAGE)
        after = self._ground.after(call, question, asked.get("cursor"))
        ids = await self._ground.reads.listed_by_id(
            MODEL, standing.tag, family, after=after[0] if after else "", limit=limit + 1
        )
        more = self._ground.cursor(call, question, [ids[limit - 1]]) if len(ids) > limit else None
        return [one.removeprefix(f"{family}/") for one in ids[:limit]], more


def _stock(kept: Kept, sums: Mapping[str, int]) -> Mapping[str, Any]:
    """What is on hand less what is promised or has gone out: that is how the parts of the model add up."""
    stock, reserved, sold = orjson.loads(kept.body), sums.get("reserved", 0), sums.get("sold", 0)
    return {**stock, "reserved": reserved, "sold": sold, "available": stock["on_hand"] - reserved - sold}


def operations(ground: Ground) -> Sequence[Operation]:
    goods = Goods(ground)
    page = (documented.LIMIT, documented.CURSOR, *documented.FRESHNESS)
    one = (documented.SKU_IN_PATH, *documented.FRESHNESS)
    etag = describe({**OF_MANY, "etag": "The product's version; send it back in If-Match to change it."})
    return (
        Operation(
            "GET",
            "/v1/catalogue",
            goods.list_products,
            roles=EVERYBODY,
            tag="Goods",
            summary="List the catalogue",
            description="By SKU. What is retired is not in it.",
            parameters=page,
            answers=(Answer(200, "A page of it.", answers.Products, examples.PRODUCTS, describe(OF_MANY)),),
            problems=_OF_LISTS,
        ),
        Operation(
            "GET",
            "/v1/catalogue/{sku}",
            goods.see_product,
            roles=EVERYBODY,
            tag="Goods",
            summary="See a product",
            parameters=one,
            answers=(Answer(200, "The product.", answers.Product, examples.PRODUCT, etag),),
            problems=_OF_ONE,
        ),
        Operation(
            "GET",
            "/v1/stock",
            goods.list_stock,
            roles=STAFF,
            tag="Goods",
            summary="List the stock",
            description="By SKU. For looking: whether an order can be had is decided when it is placed.",
            parameters=page,
            answers=(Answer(200, "A page of it.", answers.Stocks, examples.STOCKS, describe(OF_MANY)),),
            problems=_OF_LISTS,
        ),
        Operation(
            "GET",
            "/v1/stock/{sku}",
            goods.see_stock,
            roles=STAFF,
            tag="Goods",
            summary="See the stock of a product",
            parameters=one,
            answers=(Answer(200, "Its stock.", answers.Stock, examples.STOCK, describe(OF_MANY)),),
            problems=_OF_ONE,
        ),
    )
