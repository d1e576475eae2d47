"""One request, as a handler sees it: who asks, what is asked, and in which conversation."""

from __future__ import annotations

from typing import TypeVar

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope

from eventing.envelope import Circumstances
from eventing.web.auth import ANONYMOUS, Caller
from eventing.web.body import BODY_LIMIT, Reader
from eventing.web.context import RequestContext
from eventing.web.problems import Problems

M = TypeVar("M")


class Call:
    __slots__ = ("_headers", "_receive", "body_limit", "caller", "context", "params", "problems", "scope")

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        params: dict[str, str],
        context: RequestContext,
        problems: Problems,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self.scope = scope
        self.params = params
        self.context = context
        self.problems = problems
        self.body_limit = body_limit
        self.caller: Caller = ANONYMOUS
        self._receive = receive
        self._headers: Headers | None = None

    @property
    def headers(self) -> Headers:
        if self._headers is None:
            self._headers = Headers(scope=self.scope)
        return self._headers

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    @property
    def query(self) -> QueryParams:
        return QueryParams(self.scope["query_string"])

    async def read(self, reader: Reader[M]) -> M:
        """The body, parsed and checked. Raises what becomes 400, 408, 413, 415 or 422."""
        return await reader.read(self.scope, self._receive, self.body_limit)

    def circumstances(self) -> Circumstances:
        return Circumstances(self.context.correlation_id, self.caller.subject, None, self.context.traceparent)

    def problem(self, error: BaseException) -> Response:
        """The answer that this error becomes, for a handler that wants to keep it rather than raise it."""
        return self.problems.response(error, instance=self.scope["path"], trace_id=self.context.trace_id)
