"""What schemathesis can't know of the query API: what is opaque, and which orders there are."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure

OPAQUE = ("Consistency-Token", "Prefer", "cursor")
"""Nobody can make up a good one: they are sent back as they were answered, or not at all."""


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """On the wire a header and the text of a search are text, whatever type their value had."""
    is_text = "in header" in failure.message or "parameter `q`" in failure.message
    return not (is_text and "Incorrect type" in failure.message)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for name in OPAQUE:
        case.headers.pop(name, None)
        case.query.pop(name, None)
    if "order_id" in case.path_parameters:
        case.path_parameters["order_id"] = os.environ["EXISTING_ORDER"]
