"""The problems that only the query API answers with."""

from __future__ import annotations

from typing import Final

from eventing.web.problems import ProblemKind

_ORDER: Final = "curl -i $API/v1/orders/018f6d5e-7c1a-7b3e-9d3f-2a4b6c8d0e1f -H 'Authorization: Bearer '$TOKEN"
_SEARCH: Final = "curl -i \"$API/v1/orders?q=mug&limit=20\" -H 'Authorization: Bearer '$TOKEN"

PROBLEMS: Final = (
    ProblemKind(
        "invalid_consistency_token",
        400,
        "This is no Consistency-Token",
        cause="The header is not what a command or a query of this installation has answered, or there are too many.",
        fix="Send it back exactly as it was answered; several with commas between them; or leave it out.",
        curl=_ORDER + " -H 'Consistency-Token: '$SEEN",
    ),
    ProblemKind(
        "invalid_cursor",
        400,
        "This cursor belongs to another question",
        cause="A cursor is good for the caller and the parameters that it was answered to, and for nothing else.",
        fix="Repeat the parameters of the page before, or begin without a cursor.",
        curl=_SEARCH + " -G -d cursor=$NEXT",
    ),
    ProblemKind(
        "stale_cursor",
        400,
        "This cursor is too old",
        cause="A cursor is good for an hour.",
        fix="Begin again without a cursor.",
        curl=_SEARCH,
    ),
    ProblemKind(
        "origin_refused",
        403,
        "Pages of this origin may not open live streams",
        cause="The Origin of the request is not on the list of the installation.",
        fix="Add it to ORDERS_QUERY_API__ORIGINS if its pages are to be trusted.",
        curl="curl -iN $API/v1/orders/018f…/live -H 'Authorization: Bearer '$TOKEN",
    ),
    ProblemKind(
        "order_not_found",
        404,
        "There is no such order",
        cause="No order has this id, or it belongs to another customer.",
        fix="Compare the id. Somebody else's order is not found, as if it did not exist.",
        curl=_ORDER,
    ),
    ProblemKind(
        "not_there_yet",
        404,
        "The order was not there yet",
        cause="The order exists, but it had not been placed at that time, or has not come to that version.",
        fix="Ask for a later time or an earlier version; the history tells which there are.",
        curl="curl -i $API/v1/orders/018f…/state?version=1 -H 'Authorization: Bearer '$TOKEN",
    ),
    ProblemKind(
        "product_not_found",
        404,
        "There is no such product",
        cause="No product has this SKU, or it was retired.",
        fix="Compare the SKU; case counts.",
        curl="curl -i $API/v1/catalogue/MUG-1 -H 'Authorization: Bearer '$TOKEN",
    ),
    ProblemKind(
        "order_too_long",
        409,
        "Too much has happened to this order",
        cause="The order has thousands of events, which are not folded for a question.",
        fix="Read it without demands on its freshness; `orders events stream` shows all of it.",
        curl=_ORDER,
    ),
    ProblemKind(
        "too_many_streams",
        429,
        "Too many live streams",
        cause="The caller, or this process, has as many live streams open as it may have.",
        fix="Close some of them; one stream of a customer tells of all its orders.",
        curl="curl -iN $API/v1/customers/alice/live -H 'Authorization: Bearer '$TOKEN",
    ),
    ProblemKind(
        "not_fresh_enough",
        503,
        "Not as fresh as you asked for",
        cause="The read model has not got to your Consistency-Token, or lags more than `max-staleness`, and did not "
        "get there while you waited.",
        fix="Send it again after Retry-After, wait longer with `Prefer: wait=5`, or ask without the demand: the answer "
        "then says how old it is.",
        curl=_SEARCH + " -H 'Consistency-Token: '$SEEN -H 'Prefer: wait=5'",
    ),
    ProblemKind(
        "read_model_unavailable",
        503,
        "The read model is not to be had",
        cause="Redis does not answer, or what was kept there is lost. Orders by id are folded from their events.",
        fix="Try again after Retry-After. Operators: `orders projections list`.",
        curl=_SEARCH,
    ),
    ProblemKind(
        "search_unavailable",
        503,
        "Search is not to be had",
        cause="Elasticsearch does not answer, did not finish in time, or has lost the index. All else goes on.",
        fix="Try again after Retry-After. Operators: `orders projections list`.",
        curl=_SEARCH,
    ),
)
