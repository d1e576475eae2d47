"""Free ports, for programs that have to be found again where they were."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, suppress

from local_stack.ports import CHOICE

_chance = random.SystemRandom()
"""Not the one that Hypothesis seeds: workers of one test run would all begin at the same port."""


def free_port() -> int:
    return free_ports(1)[0]


def free_range(count: int) -> range:
    """As many, one after the other."""
    while True:
        first = free_port()
        ports = range(first, first + count)
        with suppress(OSError), ExitStack() as held:
            for port in ports:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return ports


def free_ports(count: int) -> list[int]:
    """None of those that the kernel gives to outgoing connections: any test could be given one of them meanwhile,
    while its program is yet to start, or is away for a moment. All are held until the last one is found."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = _chance.choice(CHOICE)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
    return found
