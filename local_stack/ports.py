"""Ports: fixed by a setting, else those of last time, else free ones."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping

import psutil

from eventing.errors import Misconfigured
from local_stack.options import PORT_NAMES, variable
from local_stack.state import HOST

# Below the range from which the kernel takes ports for outgoing connections: a port of ours that is
# not in use during a restart is not taken away by one of those.
CHOICE = range(20_000, 32_000)


def choose(fixed: Mapping[str, int], previous: Mapping[str, int], running: Mapping[str, int]) -> dict[str, int]:
    """`running` are the ports of servers that run already: those stay."""
    chosen = dict(running)
    for name, port in fixed.items():
        if name in running and running[name] != port:
            raise Misconfigured(
                f"{name} runs at port {running[name]}, not at {port}: `orders stack down` first, then start again."
            )
        if name not in running:
            _check_free(name, port)
            chosen[name] = port
    for name in PORT_NAMES:
        if name not in chosen:
            taken = set(chosen.values())
            last = previous.get(name)
            chosen[name] = last if last and last not in taken and is_free(last) else _free_port(taken)
    return chosen


def _check_free(name: str, port: int) -> None:
    if not is_free(port):
        raise Misconfigured(
            f"port {port} for {name} is taken{_by_whom(port)}: free it, or set {variable(name)} to another port.",
            port=port,
        )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port(taken: set[int]) -> int:
    for port in random.sample(CHOICE, 500):
        if port not in taken and is_free(port):
            return port
    raise Misconfigured(f"no free port was found from {CHOICE.start} to {CHOICE.stop}: set {variable('…')} by hand.")


def _by_whom(port: int) -> str:
    """As far as this user may see it."""
    try:
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr.port == port and each.pid:
                return f" by {psutil.Process(each.pid).name()} (process {each.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return ""
