"""The warehouse over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from command_service.api import headers
from command_service.api.answers import STOCK_EXAMPLE, StockAnswer
from command_service.api.asking import response, to_add
from command_service.api.bodies import AdjustmentBody, ReceiptBody
from command_service.commands.ground import Ground
from command_service.commands.stock import Stock
from eventing.web.auth import Role
from eventing.web.body import strict_reader
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation

_ROLES: Final = frozenset({Role.WAREHOUSE})
_PARAMETERS: Final = (headers.SKU_IN_PATH, headers.IDEMPOTENCY_KEY, headers.IF_MATCH_OPTIONAL)
_PROBLEMS: Final = (
    *headers.OF_KEYS,
    *headers.OF_VERSIONS,
    "product_not_found",
    "invalid_key",
    "quantity_out_of_range",
    "reference_reused",
    "stock_too_large",
)
_receipt = strict_reader(ReceiptBody)
_adjustment = strict_reader(AdjustmentBody)


def operations(ground: Ground) -> Sequence[Operation]:
    stock = Stock(ground)

    async def receive_stock(call: Call) -> Response:
        body = await call.read(_receipt)
        asked = to_add(call, "receive_stock", body)
        return response(await stock.receive(asked, call.params["sku"], body.quantity, body.reference))

    async def adjust_stock(call: Call) -> Response:
        body = await call.read(_adjustment)
        asked = to_add(call, "adjust_stock", body)
        return response(await stock.adjust(asked, call.params["sku"], body.delta, body.reason, body.reference))

    return (
        Operation(
            "POST",
            "/v1/stock/{sku}/receipts",
            receive_stock,
            roles=_ROLES,
            tag="Stock",
            summary="Book goods that have arrived",
            description="A delivery note is booked once: sent again, under whatever key, it changes nothing.",
            body=ReceiptBody,
            body_examples={"forty mugs": {"quantity": 40, "reference": "delivery-note-4711"}},
            parameters=_PARAMETERS,
            answers=(Answer(200, "The goods are booked.", StockAnswer, STOCK_EXAMPLE, headers.TOLD),),
            problems=_PROBLEMS,
        ),
        Operation(
            "POST",
            "/v1/stock/{sku}/adjustments",
            adjust_stock,
            roles=_ROLES,
            tag="Stock",
            summary="Correct the stock after a count",
            description="Never below what is promised to orders. A count is booked once.",
            body=AdjustmentBody,
            body_examples={"three broken": {"delta": -3, "reason": "Broken.", "reference": "count-2026-11"}},
            parameters=_PARAMETERS,
            answers=(
                Answer(
                    200,
                    "The stock is corrected.",
                    StockAnswer,
                    {**STOCK_EXAMPLE, "version": 2, "on_hand": 37},
                    headers.TOLD,
                ),
            ),
            problems=(*_PROBLEMS, "below_reserved"),
        ),
    )
