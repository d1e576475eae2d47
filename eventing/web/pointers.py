"""JSON Pointers (RFC 6901) for what pydantic found wrong. No value that was sent is ever sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from eventing.web.refusals import FieldError

SHOWN: Final = 20


def pointer(path: Sequence[str | int]) -> str:
    # A path can hold a key that the caller made up, so it is bounded.
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:80] for part in path[:40])


def field_errors(error: ValidationError) -> list[FieldError]:
    """The first mistakes; ten thousand of them would help nobody and cost the caller nothing."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [FieldError(pointer(item["loc"]), item["msg"], item["type"]) for item in found[:SHOWN]]


def parameter_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Of FastAPI's own list: its locations begin with body, query, path or header."""
    return [FieldError(_located(*item["loc"]), item["msg"], item["type"]) for item in found[:SHOWN]]


def _located(where: str, *path: str | int) -> str:
    return pointer(path) if where == "body" else f"#{where}{pointer(path)}"
