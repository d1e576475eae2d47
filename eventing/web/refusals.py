"""What the edge itself refuses. Each has a code; the status of the code stands in the table of problems alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eventing.errors import Refusal, Unavailable


class FieldError(NamedTuple):
    """One thing that is wrong with a request. `pointer` is a JSON Pointer into the body, or `#header/…`, `#query/…`."""

    pointer: str
    detail: str
    code: str


class EdgeRefusal(Refusal):
    """The request was refused at the edge, before any business was done."""

    def __init__(
        self, message: str, /, *, code: str, headers: Mapping[str, str] | None = None, **facts: object
    ) -> None:
        super().__init__(message, code=code, **facts)
        self.headers: Mapping[str, str] = headers or {}


class Invalid(EdgeRefusal):
    """The request is well-formed, but some of its fields are not what they have to be."""

    def __init__(self, errors: Sequence[FieldError], /) -> None:
        listed = [{"pointer": error.pointer, "detail": error.detail, "code": error.code} for error in errors]
        super().__init__(_summary(errors), code="invalid", errors=listed)
        self.errors = errors


class Unauthenticated(EdgeRefusal):
    """Nobody vouches for this caller."""

    def __init__(self, reason: str) -> None:
        challenge = 'Bearer realm="orderloom"' + ("" if reason == NO_TOKEN else ', error="invalid_token"')
        super().__init__(reason, code="unauthenticated", headers={"www-authenticate": challenge})


class TooManyRequests(EdgeRefusal):
    """The caller has used up what is granted to it."""

    def __init__(self, retry_after: int, policy: str, headers: Mapping[str, str]) -> None:
        super().__init__(
            f"The caller has used up its share of requests: wait {retry_after} s and send this again.",
            code="rate_limited",
            headers={**headers, "retry-after": str(retry_after)},
            violated_policies=[policy],
            retry_after=retry_after,
        )


class Overloaded(Unavailable):
    """The platform has more to do than it can do in time; try again shortly."""

    code = "overloaded"


NO_TOKEN = "Send an access token: Authorization: Bearer <token>."  # noqa: S105 - a sentence, no secret


def _summary(errors: Sequence[FieldError]) -> str:
    first = errors[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{first.pointer or 'The body'}: {first.detail}{more}."
