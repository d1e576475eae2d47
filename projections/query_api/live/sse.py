"""Server-sent events: a stream as an HTTP answer that goes on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from projections.query_api.live.streams import Streams
from projections.query_api.live.subscription import Message, Subscription

PING_SECONDS: Final = 15.0
MEDIA_TYPE: Final = "text/event-stream"
_PING: Final = b": still here\n\n"
_RETRY: Final = b"retry: 1000\n\n"


class EventStream(Response):
    """Ends when the listener goes, is let go, or lets too much pile up. Then the connection is over too."""

    media_type = MEDIA_TYPE
    charset = "utf-8"

    def __init__(self, streams: Streams, subscription: Subscription) -> None:
        super().__init__(None, 200, {"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._subscription = subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._streams.serve(self._subscription, self._send_until_gone(receive, send))
            if self._subscription.reason in ("expired", "draining"):
                last = f'event: end\ndata: {{"reason":"{self._subscription.reason}"}}\n\n'.encode()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await send({"type": "http.response.body", "body": last, "more_body": False})
        finally:
            self._streams.close(self._subscription)

    async def _send_until_gone(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
            while not gone.done():
                body = await self._next()
                await send({"type": "http.response.body", "body": body, "more_body": True})
        finally:
            gone.cancel()

    async def _next(self) -> bytes:
        """What is queued already goes together."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                messages = [await self._subscription.next()]
        except TimeoutError:
            return _PING
        while not self._subscription.queue.empty() and len(messages) < 20:
            messages.append(self._subscription.queue.get_nowait())
        return b"".join(map(written, messages))


def written(message: Message) -> bytes:
    head = f"id: {message.id}\nevent: {message.event}\n".encode()
    return head + b"data: " + message.data + b"\n\n"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
