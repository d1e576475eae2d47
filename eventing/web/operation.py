"""An operation of an API: the route, who may use it, and its documentation, in one record.

The router and the OpenAPI document are both made from it, so no route can be undocumented or open by oversight.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel
from starlette.responses import Response

from eventing.web.auth import Role
from eventing.web.call import Call

Handler = Callable[[Call], Awaitable[Response]]

PUBLIC: Final[frozenset[Role]] = frozenset()
"""No token is asked for. The caller is then `ANONYMOUS`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A header, query or path parameter, as documented. Reading and checking it is the handler's business."""

    name: str
    where: Literal["path", "query", "header"]
    description: str
    schema: Mapping[str, Any]
    example: Any
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets when all goes well."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    example: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name → what it says."""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """With parameters in braces, as in `/v1/orders/{order_id}`; a parameter never spans a slash."""
    handler: Handler
    roles: frozenset[Role]
    summary: str
    answers: Sequence[Answer]
    problems: Sequence[str] = ()
    """Codes of the problems that this operation itself may answer with. Those of the edge (400 malformed, 401, 403,
    413, 415, 422 invalid, 429, 500, 503) are added where they apply."""
    description: str = ""
    tag: str = ""
    body: type[BaseModel] | None = None
    body_examples: Mapping[str, Any] = field(default_factory=dict)
    """Name → example body. The first one is used in the curl line of the documentation page."""
    parameters: Sequence[Parameter] = ()
    streams: bool = False
    """The answer goes on for as long as the caller listens: its duration is no latency and is not measured as one."""

    @property
    def name(self) -> str:
        return self.handler.__name__
