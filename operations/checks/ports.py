"""Ports that are fixed by a setting and taken by somebody else."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from typing import Final, NamedTuple

from eventing.errors import Misconfigured
from eventing.settings import Settings, StackPorts
from operations.checks.finding import Check

LOCAL: Final = "127.0.0.1"


class FixedPort(NamedTuple):
    host: str
    port: int
    variable: str
    health: bool
    """Whether a service of ours would answer there over HTTP."""


def ports_check(*, stack_runs: bool) -> Check:
    """The ports of a stack that runs are taken by it, rightly."""

    def look(settings: Settings) -> str:
        fixed = [port for port in _fixed(settings, with_stack=not stack_runs) if port.port]
        taken = [port for port in fixed if not is_free(port.host, port.port)]
        if strangers := [port for port in taken if not (port.health and _is_ours(port))]:
            raise Misconfigured(" ".join(_sentence(port) for port in strangers))
        return ", ".join(f"{port.port} {'in use by a service of ours' if port in taken else 'free'}" for port in fixed)

    return Check("ports", look)


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Without this, connections that have just ended would count as somebody listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            # Other errors, such as a port that needs root, are for the service that wants it to tell.
            return error.errno != errno.EADDRINUSE
        return True


def _fixed(settings: Settings, *, with_stack: bool) -> Iterable[FixedPort]:
    yield FixedPort(settings.command_api.host, settings.command_api.port, "ORDERS_COMMAND_API__PORT", health=True)
    yield FixedPort(LOCAL, settings.relay.health_port, "ORDERS_RELAY__HEALTH_PORT", health=True)
    if with_stack:
        for name in StackPorts.model_fields:
            number = getattr(settings.stack_ports, name)
            yield FixedPort(LOCAL, number, f"ORDERS_STACK_PORTS__{name}".upper(), health=False)


def _is_ours(port: FixedPort) -> bool:
    connection = HTTPConnection(port.host, port.port, timeout=1)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _sentence(port: FixedPort) -> str:
    return f"Port {port.port} is taken by another program: end that, or set {port.variable} to another port."
