"""The headers and path parameters of commands, as they are documented."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from command_service.api.answers import ORDER_ID
from eventing.web.operation import Parameter

IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "header",
    "A name of your own for this intention, quoted or bare; a UUID does well. Sent again within 24 hours, by the same "
    "caller to the same operation, it has no second effect and gives the same answer with `Idempotency-Replayed: "
    "true`; with another request it is refused (422). A duplicate that comes while the first one is being worked on "
    "waits for its answer.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9_-]+$"},
    "8e03978e-40d5-43dd-bc93-6894a57f9324",
)
IDEMPOTENCY_KEY_OPTIONAL: Final = replace(IDEMPOTENCY_KEY, required=False)
IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    "The ETag that you have read. If it is not the current one any more, nothing is done (412). `*` stands for "
    "whatever is there.",
    {"type": "string", "pattern": '^(\\*|"[0-9]{1,9}")$'},
    '"1"',
)
IF_MATCH_OPTIONAL: Final = replace(IF_MATCH, required=False)
ORDER_ID_IN_PATH: Final = Parameter("order_id", "path", "The order.", {"type": "string", "format": "uuid"}, ORDER_ID)
SKU_IN_PATH: Final = Parameter(
    "sku", "path", "The product.", {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}, "MUG-1"
)

TOLD: Final = {
    "etag": "The version after the command; send it back in If-Match.",
    "consistency-token": "Your own write. A query that is sent this header sees it.",
    "idempotency-replayed": "`true` if this was answered before, under the same Idempotency-Key.",
}
CREATED: Final = {**TOLD, "location": "Where to find it."}

OF_KEYS: Final = (
    "idempotency_key_missing",
    "idempotency_key_invalid",
    "idempotency_key_reused",
    "idempotency_in_progress",
    "conflict",
)
OF_OPTIONAL_KEYS: Final = OF_KEYS[1:]
OF_VERSIONS: Final = ("precondition_failed",)
OF_REQUIRED_VERSIONS: Final = ("precondition_required", *OF_VERSIONS)
