"""What schemathesis can't know of the write API. Nothing is forgiven here but what is said in so many words."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure

# Valid by its schema, and refused all the same as unreadable: that would be a lie of the document.
NOT_READ = frozenset(
    {"invalid", "malformed_json", "malformed_request", "idempotency_key_missing", "idempotency_key_invalid"}
)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """A header is text whatever type its value had, so a "wrong type" in a header is none on the wire."""
    return not ("in header" in failure.message and "Incorrect type" in failure.message)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """What is valid is sent under a key of its own and about things that exist, or it would never get far."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())
    if "order_id" in case.path_parameters:
        case.path_parameters["order_id"] = os.environ["EXISTING_ORDER"]
    body: Any = case.body
    if isinstance(body, dict) and body.get("lines"):
        body["lines"][0]["sku"] = "MUG-1"


@schemathesis.check
def what_the_document_calls_valid_is_read(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A refusal by a rule of the business is fine; one that says "this can't be read" is not."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 415, 422):
        return
    problem = response.json()
    if problem["code"] in NOT_READ and not is_whole_number_with_point(case.body, problem):
        raise Failure(
            operation=case.operation.label,
            title="Valid by the document, and called unreadable",
            message=f"{problem['code']}: {problem['detail']}",
        )


def is_whole_number_with_point(body: Any, problem: dict[str, Any]) -> bool:
    """JSON Schema has 3.0 for an integer. Here it is refused like 3.5: pieces and cents are counted, not measured."""
    return all(error["code"] == "int_type" for error in problem.get("errors", [{"code": ""}])) and has_float(body)


def has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_float(member) for member in value.values())
    if isinstance(value, list):
        return any(has_float(item) for item in value)
    return isinstance(value, float)
