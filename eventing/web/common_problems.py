"""The problems that every API of the platform can answer with, whatever it offers."""

from __future__ import annotations

from eventing.web.problems import ProblemKind

_PLACE = (
    "curl -i $API/v1/orders -H 'Authorization: Bearer '$TOKEN -H 'Content-Type: application/json' \\\n"
    "  -H 'Idempotency-Key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"' -d @order.json"
)

COMMON = (
    ProblemKind(
        "malformed_request",
        400,
        "The request can't be read",
        cause="The request is not valid HTTP, or a header or a query parameter can't be understood.",
        fix="Send what the documentation of the operation says; `detail` names what could not be read.",
        curl="curl -i $API/v1/orders/018f… -H 'Authorization: Bearer '$TOKEN",
    ),
    ProblemKind(
        "malformed_json",
        400,
        "The body is not acceptable JSON",
        cause="The body is not one JSON value in UTF-8: a syntax error, a byte order mark, a duplicate key, NaN or "
        "Infinity, a lone surrogate, something after the end, or nesting that is too deep.",
        fix="Let a JSON library write the body, and name each key once. `detail` says what was found.",
        curl=_PLACE,
    ),
    ProblemKind(
        "unauthenticated",
        401,
        "No valid access token",
        cause="The Authorization header is missing, or its token is expired, meant for somebody else, or not signed by "
        "a key that is known here.",
        fix="Get a token from your issuer; with the local stack: `orders token --role customer --subject alice`.",
        curl="TOKEN=$(orders token --role customer --subject alice)\n" + _PLACE,
    ),
    ProblemKind(
        "forbidden",
        403,
        "This role may not do that",
        cause="The token is valid, but none of its roles may use this operation.",
        fix="Use a token with one of the roles in `required_roles`.",
        curl="TOKEN=$(orders token --role catalogue --subject carol)\n"
        "curl -i $API/v1/products -H 'Authorization: Bearer '$TOKEN",
        facts={"required_roles": ["catalogue"]},
    ),
    ProblemKind(
        "not_found",
        404,
        "There is nothing at this address",
        cause="No operation has this path, or the thing it names does not exist for this caller.",
        fix="Compare the path with the documentation at /docs; paths are case-sensitive and end without a slash.",
        curl="curl -s $API/openapi.json",
    ),
    ProblemKind(
        "method_not_allowed",
        405,
        "This address does not know that method",
        cause="The path exists, but not with this method.",
        fix="Use one of the methods in the Allow header.",
        curl="curl -s $API/openapi.json",
    ),
    ProblemKind(
        "request_timeout",
        408,
        "The body did not come in time",
        cause="The headers arrived, but the body was not complete within the time that is allowed for it.",
        fix="Send the whole body at once.",
        curl=_PLACE,
    ),
    ProblemKind(
        "refused",
        409,
        "This can't be done as asked",
        cause="A rule of the business says no; nothing was changed.",
        fix="Read `detail`, and ask for something else.",
        curl=_PLACE,
    ),
    ProblemKind(
        "conflict",
        409,
        "Somebody else was faster",
        cause="What the command is about changed while it was being decided, again and again; nothing was changed.",
        fix="Read it again, and send the command again if you still want it.",
        curl=_PLACE,
        facts={"stream": "order-018f…", "expected": 1, "actual": 2},
    ),
    ProblemKind(
        "body_too_large",
        413,
        "The body is too large",
        cause="A body may have 64 KB, however it is sent.",
        fix="Send less at a time: an order has at most 100 lines.",
        curl=_PLACE,
        facts={"limit": 65536},
    ),
    ProblemKind(
        "unsupported_media_type",
        415,
        "The body has to be JSON",
        cause="The Content-Type is missing or another one than application/json in UTF-8, or the body is compressed.",
        fix="Send `Content-Type: application/json` and no Content-Encoding.",
        curl=_PLACE,
    ),
    ProblemKind(
        "invalid",
        422,
        "Some fields are not what they have to be",
        cause="The request is well-formed, but a field is missing, unknown, of the wrong type or out of its bounds.",
        fix="`errors` names each such field by a JSON Pointer and says what is wrong with it.",
        curl=_PLACE,
        facts={
            "errors": [
                {"pointer": "/lines/0/quantity", "detail": "Input should be a valid integer", "code": "int_type"}
            ]
        },
    ),
    ProblemKind(
        "rate_limited",
        429,
        "Too many requests",
        cause="The caller has used up its share of requests; repeats under one idempotency key count too.",
        fix="Wait as long as Retry-After says; RateLimit shows what is left.",
        curl=_PLACE,
        facts={"violated_policies": ["default"], "retry_after": 1},
    ),
    ProblemKind(
        "headers_too_large",
        431,
        "The headers are too large",
        cause="The request line and the headers may have 32 KB together.",
        fix="Send fewer or shorter headers.",
        curl=_PLACE,
    ),
    ProblemKind(
        "internal",
        500,
        "Something went wrong here",
        cause="This is a fault of the platform and not of the request. It was logged under `trace_id`.",
        fix="Try again; if it stays, give the operators the `trace_id`. A command with an Idempotency-Key is safe to "
        "send again.",
        curl=_PLACE,
    ),
    ProblemKind(
        "unavailable",
        503,
        "A server is not to be had right now",
        cause="Something that this operation needs does not answer; whether the request took effect is not known.",
        fix="Wait as long as Retry-After says and send the same request again, under the same Idempotency-Key.",
        curl=_PLACE,
    ),
    ProblemKind(
        "overloaded",
        503,
        "The platform has too much to do",
        cause="There is more to do than can be done in time, so this request was turned away before it began.",
        fix="Wait as long as Retry-After says and send the same request again.",
        curl=_PLACE,
    ),
)
