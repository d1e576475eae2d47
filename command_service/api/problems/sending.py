"""Problems of how a command is sent, whatever it is about."""

from __future__ import annotations

from typing import Final

from command_service.api.answers import ORDER_EXAMPLE
from command_service.api.problems.examples import AGAIN, CANCEL, PLACE
from eventing.web.problems import ProblemKind

PROBLEMS: Final = (
    ProblemKind(
        "idempotency_key_missing",
        400,
        "An Idempotency-Key is needed",
        cause="The command came without one. Had the answer been lost, nobody could tell whether it took effect.",
        fix="Make up a UUID for each intention and send it; send the same one when you try again.",
        curl=PLACE,
    ),
    ProblemKind(
        "idempotency_key_invalid",
        400,
        "The Idempotency-Key can't be read",
        cause="There is more than one, or it is not 1 to 255 printable ASCII characters, bare or as a quoted string.",
        fix='Send one header, such as `Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"`.',
        curl=PLACE,
    ),
    ProblemKind(
        "idempotency_key_reused",
        422,
        "The Idempotency-Key belongs to another request",
        cause="The same caller has sent this key to the same operation within 24 hours, with another body, path or "
        "If-Match. Nothing was done now.",
        fix="Send the first request again as it was, or use a new key for a new intention.",
        curl=AGAIN,
    ),
    ProblemKind(
        "idempotency_in_progress",
        409,
        "The same request is still being worked on",
        cause="A request with this key arrived earlier, and has not been answered for a long time.",
        fix="Wait as long as Retry-After says and send it again as it is: it has one effect.",
        curl=AGAIN,
    ),
    ProblemKind(
        "precondition_required",
        428,
        "If-Match is needed",
        cause="The command changes something, and did not say which version it was decided on.",
        fix="Send the ETag that you have read as If-Match, or `If-Match: *` to change it as it may be.",
        curl=CANCEL,
    ),
    ProblemKind(
        "precondition_failed",
        412,
        "It has changed since you read it",
        cause="The version in If-Match is not the current one. Nothing was done.",
        fix="Look at `events_since`; if you still want it, send `current_version` as If-Match, under a new key.",
        curl=CANCEL,
        facts={
            "current_version": 2,
            "events_since": [
                {
                    "version": 2,
                    "type": "order.cancellation_requested",
                    "recorded_at": "2026-11-21T09:30:00.123456+00:00",
                    "data": {"order_id": ORDER_EXAMPLE["order_id"], "reason": "Ordered twice."},
                }
            ],
        },
    ),
    ProblemKind(
        "invalid_key",
        404,
        "Nothing can have this name",
        cause="The path names something by a key that is none: it has 1 to 64 letters, digits, dots, underscores or "
        "hyphens.",
        fix="Use the id or the SKU as it was answered.",
        curl=CANCEL,
    ),
    ProblemKind(
        "event_too_large",
        422,
        "It says more than an event can hold",
        cause="What would have to be stored takes more bytes than can be published.",
        fix="Say it in fewer words, or order in parts.",
        curl=PLACE,
    ),
)
