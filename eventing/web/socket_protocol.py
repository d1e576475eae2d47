"""Websockets on a socket: uvicorn's protocol over the sans-I/O core of `websockets`, with bounds of our own.

Only a door that says `sockets` has it; at any other one a request to upgrade is an ordinary request. A message of a
client has at most 4 KB, none is compressed, and a peer that answers no ping is gone.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SOCKET_MESSAGE_LIMIT: Final = 4096
SOCKET_PING_SECONDS: Final = 20.0
SOCKET_PONG_SECONDS: Final = 20.0

SEND_BUFFER: Final = 64 * 1024
"""Bytes that wait in this process for one reader. Beyond them its sender waits, and nobody else."""

# The library tells of every frame and every handshake at levels that nobody asked for, and with addresses in it.
_quiet = logging.getLogger("orderloom.sockets")
_quiet.propagate = False
_quiet.addHandler(logging.NullHandler())


class EdgeSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _quiet
        self.conn.logger = _quiet

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=SEND_BUFFER)
