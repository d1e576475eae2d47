"""Every failure as an RFC 9457 problem: one table from code to status, one place where an error becomes an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from eventing.errors import Conflict, Misconfigured, OrderloomError, Refusal, Unavailable
from eventing.web.refusals import EdgeRefusal

MEDIA_TYPE = "application/problem+json"
RESERVED = frozenset({"type", "title", "status", "detail", "instance", "code", "trace_id"})


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A row of the table. `type` of the problem is `/problems/<code>`, where these words stand on a page."""

    code: str
    status: int
    title: str
    cause: str
    fix: str
    curl: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """An example of the members that come with it, for the documentation."""

    @property
    def type(self) -> str:
        return f"/problems/{self.code}"

    def example(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.cause,
            "instance": "/v1/…",
            "code": self.code,
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            **self.facts,
        }


class Rendered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Problems:
    """The table: the common rows of the edge and those of one service."""

    def __init__(self, *kinds: ProblemKind) -> None:
        self._kinds: dict[str, ProblemKind] = {}
        for kind in kinds:
            if kind.code in self._kinds:
                raise Misconfigured(f"The problem {kind.code!r} is defined twice: give one of them another code.")
            self._kinds[kind.code] = kind

    def __iter__(self) -> Iterator[ProblemKind]:
        return iter(self._kinds.values())

    def __getitem__(self, code: str) -> ProblemKind:
        return self._kinds[code]

    def get(self, code: str) -> ProblemKind | None:
        return self._kinds.get(code)

    def of(self, error: BaseException) -> ProblemKind:
        """The row of an error. One that is no refusal and nothing temporary tells nothing of the inside."""
        match error:
            case Refusal() | Unavailable():
                fallback = "unavailable" if isinstance(error, Unavailable) else "refused"
                return self._kinds.get(error.code) or self._kinds[fallback]
            case _:
                return self._kinds["internal"]

    def render(self, error: BaseException, *, instance: str, trace_id: str) -> Rendered:
        kind = self.of(error)
        members: dict[str, Any] = {
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": kind.cause if kind.code == "internal" else str(error),
            "instance": instance[:200],
            "code": kind.code,
            "trace_id": trace_id,
        }
        headers = {"content-type": MEDIA_TYPE}
        if isinstance(error, OrderloomError) and kind.code != "internal":
            members |= {name: value for name, value in _facts(error) if name not in RESERVED}
            headers |= _headers(error)
        return Rendered(kind.status, headers, orjson.dumps(members, default=str))

    def response(self, error: BaseException, *, instance: str, trace_id: str) -> Response:
        status, headers, body = self.render(error, instance=instance, trace_id=trace_id)
        return Response(body, status, headers)


def _facts(error: OrderloomError) -> Iterator[tuple[str, Any]]:
    if isinstance(error, Refusal | Conflict | Unavailable):
        yield from error.facts.items()


def _headers(error: OrderloomError) -> Mapping[str, str]:
    if isinstance(error, Unavailable):
        return {"retry-after": str(max(1, round(error.retry_after)))}
    return error.headers if isinstance(error, EdgeRefusal) else {}
