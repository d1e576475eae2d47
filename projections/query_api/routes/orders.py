"""One order: as it is, as it was, how it came to be so, and how far it is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from starlette.responses import Response

from eventing.consistency import ConsistencyToken
from eventing.partitioning import partition_of
from eventing.web.auth import Role
from eventing.web.call import Call
from eventing.web.operation import Answer, Operation
from eventing.web.refusals import FieldError, Invalid
from projections.query_api import answers, documented, examples
from projections.query_api.answering.events import Cut, owner_of
from projections.query_api.answering.history import told
from projections.query_api.answering.orders import TOPIC, check_owner, checked_id, not_found
from projections.query_api.answering.seen import Seen, describe
from projections.query_api.asking.freshness import ANYTHING
from projections.query_api.asking.parameters import PAGE, USUAL_PAGE, moment, read_parameters, whole
from projections.query_api.ground import Ground, answer

OWN: Final = frozenset({Role.CUSTOMER, Role.OPERATOR})
_LARGEST: Final = 2**31 - 1
_STATE: Final = {"version": whole(1, _LARGEST), "position": whole(1, 10**15 - 1), "at": moment}
_ETAG: Final = {"etag": "The order's version; send it back in If-Match to change the order."}


def operations(ground: Ground) -> Sequence[Operation]:
    async def see_order(call: Call) -> Response:
        wish = ground.wish(call)
        found = await ground.orders.one(call.caller, call.params["order_id"], wish)
        return answer(found.body, found.seen, wish, etag=f'"{found.version}"')

    async def see_order_state(call: Call) -> Response:
        asked = read_parameters(call, _STATE)
        if len(asked) != 1:
            raise Invalid([FieldError("#query/version", "Name one of version, position and at", "missing")])
        cut = Cut(asked.get("position"), asked.get("version"), asked.get("at"))
        found = await ground.orders.at(call.caller, call.params["order_id"], cut)
        return answer(found.body, found.seen, ANYTHING)

    async def see_order_saga(call: Call) -> Response:
        wish = ground.wish(call)
        found = await ground.sagas.one(call.caller, call.params["order_id"], wish)
        return answer(found.body, found.seen, wish)

    async def see_order_history(call: Call) -> Response:
        asked = read_parameters(call, PAGE)
        order_id, limit = checked_id(call.params["order_id"]), asked.get("limit", USUAL_PAGE)
        events = await ground.events.of(order_id)
        if not events:
            raise not_found()
        check_owner(call.caller, owner_of(events))
        question = {"history": order_id}
        after = ground.after(call, question, asked.get("cursor"))
        later = [one for one in events if after is None or one.recorded.position > after[0]]
        page = later[:limit]
        more = ground.cursor(call, question, [page[-1].recorded.position]) if len(later) > limit else None
        body = orjson.dumps({"order_id": order_id, "events": [told(one) for one in page], "next_cursor": more})
        place = partition_of(order_id, ground.partitions)
        seen = Seen([ConsistencyToken(TOPIC, place, events[-1].recorded.position)], 0.0, "event-store")
        return answer(body, seen, ANYTHING)

    return (
        Operation(
            "GET",
            "/v1/orders/{order_id}",
            see_order,
            roles=OWN,
            tag="Orders",
            summary="See an order",
            description="As the read model has it; folded from its events if the model is away or not fresh enough.",
            parameters=(documented.ORDER_ID_IN_PATH, *documented.FRESHNESS),
            answers=(Answer(200, "The order.", answers.Order, examples.ORDER, describe(_ETAG)),),
            problems=("order_not_found", "order_too_long", *documented.OF_FRESHNESS),
        ),
        Operation(
            "GET",
            "/v1/orders/{order_id}/history",
            see_order_history,
            roles=OWN,
            tag="Orders",
            summary="See what happened to an order",
            description="Every event of the order, its reservation, payment and shipment, in the log's order, read "
            "from the event store. `data` is in the newest version of the event; `schema_version` is what was stored.",
            parameters=(documented.ORDER_ID_IN_PATH, documented.LIMIT, documented.CURSOR),
            answers=(Answer(200, "The events.", answers.History, examples.HISTORY, describe()),),
            problems=("order_not_found", "order_too_long", "invalid", "invalid_cursor", "stale_cursor"),
        ),
        Operation(
            "GET",
            "/v1/orders/{order_id}/state",
            see_order_state,
            roles=OWN,
            tag="Orders",
            summary="See an order as it was",
            description="At a version of the order, at a position of the log, or at a time: exactly one of them.",
            parameters=(
                documented.ORDER_ID_IN_PATH,
                documented.query("version", "Of the order.", {"type": "integer", "minimum": 1, "maximum": _LARGEST}, 1),
                documented.query("position", "Of the log.", {"type": "integer", "minimum": 1}, 41),
                documented.query("at", "A time with its zone.", {"type": "string", "format": "date-time"}, examples.AT),
            ),
            answers=(Answer(200, "The order as it was.", answers.Order, examples.ORDER, describe()),),
            problems=("order_not_found", "order_too_long", "not_there_yet", "invalid"),
        ),
        Operation(
            "GET",
            "/v1/orders/{order_id}/saga",
            see_order_saga,
            roles=OWN,
            tag="Orders",
            summary="See how far an order is",
            description="Each step's last word, what is owed next, and where the way back was entered.",
            parameters=(documented.ORDER_ID_IN_PATH, *documented.FRESHNESS),
            answers=(Answer(200, "Its saga.", answers.Saga, examples.SAGA, describe()),),
            problems=("order_not_found", "order_too_long", *documented.OF_FRESHNESS),
        ),
    )
