"""HTTP/1.1 on a socket: uvicorn's httptools protocol, with bounds on what a client may cost before it has asked.

Against: headers that trickle in (a time), headers without end (a size), more connections than can be served (a number),
a body that nobody reads (the connection ends). And what is no HTTP at all is answered by a problem, too.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from eventing.errors import OrderloomError
from eventing.telemetry.traceparent import new_trace
from eventing.web.common_problems import COMMON
from eventing.web.problems import Problems
from eventing.web.refusals import EdgeRefusal, Overloaded

HEADERS_LIMIT: Final = 32 * 1024
SECONDS_FOR_HEADERS: Final = 10.0
LINGER_SECONDS: Final = 0.5

_PROBLEMS: Final = Problems(*COMMON)


class HeadersTooLarge(ValueError):
    """Ends the parsing of a request."""


class EdgeProtocol(HttpToolsProtocol):
    connection_limit = 1000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_bytes = 0
        self._reading_headers = True
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.connection_limit:
            self._end_with(Overloaded(retry_after=1, reason="connections"))
        else:
            self._be_patient()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reading_headers:
            self._be_patient()
        elif self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        self._reading_headers = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._reading_headers = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            # The answer did not need the body. Reading the rest only to forget it would be a gift to the sender.
            self._close_after_a_while()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - says no more than our own sentence
        if self._header_bytes > HEADERS_LIMIT:
            self._end_with(EdgeRefusal(f"Headers may have {HEADERS_LIMIT} bytes.", code="headers_too_large"))
        else:
            self._end_with(EdgeRefusal("This is not valid HTTP/1.1.", code="malformed_request"))

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADERS_LIMIT:
            raise HeadersTooLarge

    def _be_patient(self) -> None:
        if self._patience is None and not self.transport.is_closing():
            self._patience = self.loop.call_later(SECONDS_FOR_HEADERS, self._lose_patience)

    def _lose_patience(self) -> None:
        if not self.transport.is_closing():
            self._end_with(EdgeRefusal("The headers did not come in time.", code="request_timeout"))

    def _end_with(self, error: OrderloomError) -> None:
        trace_id = new_trace().trace_id
        status, headers, body = _PROBLEMS.render(error, instance="/", trace_id=trace_id)
        headers |= {"content-length": str(len(body)), "connection": "close", "x-request-id": trace_id}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"\r\n" + body)
        self._close_after_a_while()

    def _close_after_a_while(self) -> None:
        """To close with something unread is a reset, which can take the answer from the client before it is read."""
        if not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.transport.pause_reading()
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
