"""Where a process listens and how it speaks HTTP there: the same for an API and for a worker's health addresses."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from eventing.errors import Misconfigured
from eventing.web.protocol import EdgeProtocol
from eventing.web.socket_protocol import (
    SOCKET_MESSAGE_LIMIT,
    SOCKET_PING_SECONDS,
    SOCKET_PONG_SECONDS,
    EdgeSocketProtocol,
)

BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Door:
    """Where and how to listen. `setting` is the name to mention when the port is taken."""

    host: str
    port: int
    setting: str
    connection_limit: int = 1000
    notice_seconds: float = 0.5
    drain_seconds: float = 10.0
    trusted_proxies: str = ""
    """Addresses whose X-Forwarded-For is believed, with commas. None by default."""
    sockets: bool = False
    """Whether a connection may become a websocket."""


def listen(door: Door) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
        return socket.create_server((door.host, door.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Misconfigured(_why_not(error, door)) from None


def _why_not(error: OSError, door: Door) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {door.port} is taken by another program: set {door.setting} to a free one, or to 0 for any."
    if error.errno == errno.EACCES:
        return f"Port {door.port} is not for this user: set {door.setting} to one above 1023."
    host_setting = door.setting.removesuffix("PORT") + "HOST"
    return f"It is not possible to listen at {door.host}: set {host_setting} to an address of this machine."


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def configured(app: ASGIApp, door: Door) -> uvicorn.Config:
    protocol = type("BoundProtocol", (EdgeProtocol,), {"connection_limit": door.connection_limit})
    options: dict[str, Any] = {
        "http": protocol,
        "ws": EdgeSocketProtocol if door.sockets else "none",
        "ws_max_size": SOCKET_MESSAGE_LIMIT,
        "ws_ping_interval": SOCKET_PING_SECONDS,
        "ws_ping_timeout": SOCKET_PONG_SECONDS,
        # A few bytes of compressed text can unfold to far more than a message may have, and ours are small.
        "ws_per_message_deflate": False,
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(door.trusted_proxies),
        "forwarded_allow_ips": door.trusted_proxies or None,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": door.drain_seconds,
    }
    return uvicorn.Config(app, **options)
