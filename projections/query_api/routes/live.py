"""Live streams as server-sent events. The same on a websocket: `live/socket.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from eventing.web.auth import Admitted
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation, Parameter
from projections.query_api import documented
from projections.query_api.asking.parameters import read_parameters
from projections.query_api.ground import Ground
from projections.query_api.live.opening import MAY_LISTEN
from projections.query_api.live.sse import MEDIA_TYPE, EventStream

_SINCE: Final = {"since": str}
_PARAMETERS: Final = (
    Parameter(
        "Last-Event-ID",
        "header",
        "The id of the last message that you got, to go on after it. Browsers send it by themselves.",
        {"type": "string"},
        "41",
        required=False,
    ),
    documented.query("since", "The same as a parameter.", {"type": "string"}, "41"),
)
_PROBLEMS: Final = ("order_not_found", "origin_refused", "too_many_streams", "invalid", "invalid_consistency_token")
_EXAMPLE: Final = 'id: 41\nevent: order.placed\ndata: {"position":41,"type":"order.placed"}\n\n'


def operations(ground: Ground) -> Sequence[Operation]:
    async def listen_to_order(call: Call) -> Response:
        admitted, since = await begun(call)
        opened = await ground.opening.order(admitted, call.params["order_id"], since)
        return EventStream(ground.opening.streams, opened)

    async def listen_to_customer(call: Call) -> Response:
        admitted, since = await begun(call)
        opened = await ground.opening.customer(admitted, call.params["customer_id"], since)
        return EventStream(ground.opening.streams, opened)

    async def begun(call: Call) -> tuple[Admitted, str | None]:
        ground.origins.check(call.scope["headers"])
        asked = read_parameters(call, _SINCE)
        # Let in by the edge already; asked again for the moment at which this token ends.
        authorization = next(value for name, value in call.scope["headers"] if name == b"authorization")
        admitted = await ground.authenticator.admit(authorization)
        return admitted, call.header("last-event-id") or asked.get("since")

    return (
        Operation(
            "GET",
            "/v1/orders/{order_id}/live",
            listen_to_order,
            roles=MAY_LISTEN,
            tag="Live",
            summary="Listen to an order",
            description="Its events, first those that there are, then each as it happens, in order and without a gap. "
            "The stream ends when the token does; go on with the id of the last message.",
            parameters=(documented.ORDER_ID_IN_PATH, *_PARAMETERS),
            answers=(Answer(200, "The stream.", example=_EXAMPLE, media_type=MEDIA_TYPE),),
            problems=_PROBLEMS,
            streams=True,
        ),
        Operation(
            "GET",
            "/v1/customers/{customer_id}/live",
            listen_to_customer,
            roles=MAY_LISTEN,
            tag="Live",
            summary="Listen to a customer's orders",
            description="Whole orders, as `GET /v1/orders/{order_id}` shows them, each time one has changed. One may "
            "come twice; its last word comes.",
            parameters=(documented.CUSTOMER_IN_PATH, *_PARAMETERS),
            answers=(Answer(200, "The stream.", example=_EXAMPLE, media_type=MEDIA_TYPE),),
            problems=_PROBLEMS,
            streams=True,
        ),
    )
