"""Orders over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from command_service.api import headers
from command_service.api.answers import ADDRESS_EXAMPLE, ORDER_EXAMPLE, OrderAnswer
from command_service.api.asking import response, to_change, to_create
from command_service.api.bodies import AddressBody, CancellationBody, PlaceOrderBody
from command_service.commands.ground import Ground
from command_service.commands.orders import Orders, Wanted
from command_service.pricing import WantedLine
from event_schemas.values import Address
from eventing.web.auth import Role
from eventing.web.body import strict_reader
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation

_OWN: Final = frozenset({Role.CUSTOMER, Role.OPERATOR})
_PLACE_EXAMPLE: Final = {
    "customer_name": "Ada Byron",
    "customer_email": "ada@example.org",
    "lines": [{"sku": "MUG-1", "quantity": 2}],
    "delivery_address": ADDRESS_EXAMPLE,
}
_REFUSED_PLACINGS: Final = (
    "no_lines",
    "too_many_lines",
    "duplicate_sku",
    "quantity_out_of_range",
    "unknown_sku",
    "retired_sku",
    "mixed_currencies",
    "total_too_large",
)
_place_order = strict_reader(PlaceOrderBody)
_address = strict_reader(AddressBody)
_cancellation = strict_reader(CancellationBody)


def operations(ground: Ground) -> Sequence[Operation]:
    orders = Orders(ground)

    async def place_order(call: Call) -> Response:
        body = await call.read(_place_order)
        asked = to_create(call, "place_order", body)
        wanted = Wanted(
            body.customer_name,
            body.customer_email,
            [WantedLine(line.sku, line.quantity) for line in body.lines],
            _read_address(body.delivery_address),
            body.sales_channel,
        )
        return response(await orders.place(asked, wanted))

    async def change_delivery_address(call: Call) -> Response:
        body = await call.read(_address)
        asked = to_change(call, "change_delivery_address", body, key_required=False)
        return response(await orders.change_delivery_address(asked, call.params["order_id"], _read_address(body)))

    async def cancel_order(call: Call) -> Response:
        body = await call.read(_cancellation)
        asked = to_change(call, "cancel_order", body, key_required=True)
        return response(await orders.cancel(asked, call.params["order_id"], body.reason))

    return (
        Operation(
            "POST",
            "/v1/orders",
            place_order,
            roles=frozenset({Role.CUSTOMER}),
            tag="Orders",
            summary="Place an order",
            description="At the prices of the catalogue. When this answers, the order is committed and will be "
            "worked on, whatever happens next.",
            body=PlaceOrderBody,
            body_examples={"two mugs": _PLACE_EXAMPLE},
            parameters=(headers.IDEMPOTENCY_KEY,),
            answers=(Answer(201, "The order is placed.", OrderAnswer, ORDER_EXAMPLE, headers.CREATED),),
            problems=(*headers.OF_KEYS, *_REFUSED_PLACINGS),
        ),
        Operation(
            "PUT",
            "/v1/orders/{order_id}/delivery-address",
            change_delivery_address,
            roles=_OWN,
            tag="Orders",
            summary="Have an order delivered elsewhere",
            description="Possible until the carrier is asked. An operator may do it for any customer.",
            body=AddressBody,
            body_examples={"the office": {**ADDRESS_EXAMPLE, "street": "2 Engine Court"}},
            parameters=(headers.ORDER_ID_IN_PATH, headers.IF_MATCH, headers.IDEMPOTENCY_KEY_OPTIONAL),
            answers=(Answer(200, "The order goes there.", OrderAnswer, {**ORDER_EXAMPLE, "version": 2}, headers.TOLD),),
            problems=(
                *headers.OF_OPTIONAL_KEYS,
                *headers.OF_REQUIRED_VERSIONS,
                "order_not_found",
                "invalid_key",
                "already_shipped",
                "order_cancelling",
                "order_failing",
                "order_ended",
            ),
        ),
        Operation(
            "POST",
            "/v1/orders/{order_id}/cancellation",
            cancel_order,
            roles=_OWN,
            tag="Orders",
            summary="Cancel an order",
            description="The request is committed; what was done for the order is undone step by step, and the order "
            "then ends as cancelled. An operator may do it for any customer.",
            body=CancellationBody,
            body_examples={"with a reason": {"reason": "Ordered twice."}},
            parameters=(headers.ORDER_ID_IN_PATH, headers.IF_MATCH, headers.IDEMPOTENCY_KEY),
            answers=(
                Answer(
                    202,
                    "The order is being cancelled.",
                    OrderAnswer,
                    {**ORDER_EXAMPLE, "version": 2, "status": "cancelling"},
                    headers.CREATED,
                ),
            ),
            problems=(
                *headers.OF_KEYS,
                *headers.OF_REQUIRED_VERSIONS,
                "order_not_found",
                "invalid_key",
                "order_ended",
            ),
        ),
    )


def _read_address(body: AddressBody) -> Address:
    return Address(
        recipient=body.recipient,
        street=body.street,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
    )
