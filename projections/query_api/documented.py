"""The parameters and headers that several operations share, as they are documented."""

from __future__ import annotations

from typing import Any, Final

from eventing.web.operation import Parameter
from projections.query_api.asking.parameters import LARGEST_PAGE, USUAL_PAGE

ORDER_ID: Final = "018f6d5e-7c1a-7b3e-9d3f-2a4b6c8d0e1f"
SKU_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

ORDER_ID_IN_PATH: Final = Parameter("order_id", "path", "The order.", {"type": "string", "format": "uuid"}, ORDER_ID)
CUSTOMER_IN_PATH: Final = Parameter(
    "customer_id",
    "path",
    "The customer: the subject of its tokens.",
    {"type": "string", "pattern": "^[!-.0-~]{1,128}$"},
    "alice",
)
SKU_IN_PATH: Final = Parameter("sku", "path", "The product.", {"type": "string", "pattern": SKU_PATTERN}, "MUG-1")

CONSISTENCY_TOKEN: Final = Parameter(
    "Consistency-Token",
    "header",
    "What the answer has to show: the header as a command or an earlier query answered it, several with commas. It is "
    "waited for, as long as `Prefer: wait` says; then one order is folded from its events, and all else is 503.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    "MS9vcmRlci5ldmVudHMudjEvMC8w",
    required=False,
)
PREFER: Final = Parameter(
    "Prefer",
    "header",
    "`wait=2`: seconds to wait for that freshness. `max-staleness=5`: the answer may lag so many seconds at most; "
    "kept or refused with 503. Both with a comma between them.",
    {"type": "string"},
    "wait=1",
    required=False,
)
FRESHNESS: Final = (CONSISTENCY_TOKEN, PREFER)
OF_FRESHNESS: Final = ("invalid_consistency_token", "not_fresh_enough")


def query(name: str, description: str, schema: dict[str, Any], example: Any) -> Parameter:
    return Parameter(name, "query", description, schema, example, required=False)


LIMIT: Final = query(
    "limit",
    f"Documents on a page; {USUAL_PAGE} if not said.",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
    USUAL_PAGE,
)
CURSOR: Final = query(
    "cursor",
    "`next_cursor` of the page before, with the same parameters. Signed: it is good for you and this question, for an "
    "hour.",
    {"type": "string", "minLength": 1, "maxLength": 1024},
    "q0hLRVk",
)
