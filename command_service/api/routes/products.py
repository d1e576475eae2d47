"""The catalogue over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from command_service.aggregates.product import RegisterProduct, RepriceProduct, RetireProduct
from command_service.api import headers
from command_service.api.answers import PRODUCT_EXAMPLE, ProductAnswer
from command_service.api.asking import response, to_change, to_create
from command_service.api.bodies import PriceBody, RegisterProductBody, RetirementBody
from command_service.commands.ground import Ground
from command_service.commands.products import Products
from eventing.web.auth import Role
from eventing.web.body import strict_reader
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation

_ROLES: Final = frozenset({Role.CATALOGUE})
_register = strict_reader(RegisterProductBody)
_price = strict_reader(PriceBody)
_retirement = strict_reader(RetirementBody)


def operations(ground: Ground) -> Sequence[Operation]:
    products = Products(ground)

    async def register_product(call: Call) -> Response:
        body = await call.read(_register)
        asked = to_create(call, "register_product", body)
        command = RegisterProduct(body.sku, body.name, body.description, body.unit_price, body.currency)
        return response(await products.register(asked, command))

    async def reprice_product(call: Call) -> Response:
        body = await call.read(_price)
        asked = to_change(call, "reprice_product", body, key_required=False)
        command = RepriceProduct(body.unit_price, body.currency)
        return response(await products.reprice(asked, call.params["sku"], command))

    async def retire_product(call: Call) -> Response:
        body = await call.read(_retirement)
        asked = to_change(call, "retire_product", body, key_required=True)
        return response(await products.retire(asked, call.params["sku"], RetireProduct(body.reason)))

    return (
        Operation(
            "POST",
            "/v1/products",
            register_product,
            roles=_ROLES,
            tag="Catalogue",
            summary="Register a product",
            description="From then on it can be ordered.",
            body=RegisterProductBody,
            body_examples={
                "a mug": {name: PRODUCT_EXAMPLE[name] for name in RegisterProductBody.model_fields},
            },
            parameters=(headers.IDEMPOTENCY_KEY,),
            answers=(
                Answer(201, "The product is registered.", ProductAnswer, PRODUCT_EXAMPLE, headers.CREATED),
                Answer(200, "It was registered just so before.", ProductAnswer, PRODUCT_EXAMPLE, headers.TOLD),
            ),
            problems=(*headers.OF_KEYS, "product_exists", "price_out_of_range", "unknown_currency"),
        ),
        Operation(
            "PUT",
            "/v1/products/{sku}/price",
            reprice_product,
            roles=_ROLES,
            tag="Catalogue",
            summary="Change a product's price",
            description="For orders that are placed from now on.",
            body=PriceBody,
            body_examples={"dearer": {"unit_price": 1300, "currency": "EUR"}},
            parameters=(headers.SKU_IN_PATH, headers.IF_MATCH, headers.IDEMPOTENCY_KEY_OPTIONAL),
            answers=(
                Answer(
                    200,
                    "The product has this price.",
                    ProductAnswer,
                    {**PRODUCT_EXAMPLE, "version": 2, "unit_price": 1300},
                    headers.TOLD,
                ),
            ),
            problems=(
                *headers.OF_OPTIONAL_KEYS,
                *headers.OF_REQUIRED_VERSIONS,
                "product_not_found",
                "invalid_key",
                "product_retired",
                "price_out_of_range",
                "unknown_currency",
            ),
        ),
        Operation(
            "POST",
            "/v1/products/{sku}/retirement",
            retire_product,
            roles=_ROLES,
            tag="Catalogue",
            summary="Retire a product",
            description="It can't be ordered any more, for good; orders that hold it go on.",
            body=RetirementBody,
            body_examples={"with a reason": {"reason": "Replaced by MUG-2."}},
            parameters=(headers.SKU_IN_PATH, headers.IF_MATCH, headers.IDEMPOTENCY_KEY),
            answers=(
                Answer(
                    200,
                    "The product is retired.",
                    ProductAnswer,
                    {**PRODUCT_EXAMPLE, "version": 2, "retired": True},
                    headers.TOLD,
                ),
            ),
            problems=(*headers.OF_KEYS, *headers.OF_REQUIRED_VERSIONS, "product_not_found", "invalid_key"),
        ),
    )
