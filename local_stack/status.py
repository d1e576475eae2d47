"""How each server of a stack is doing, by asking it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from local_stack import processes
from local_stack.server import Server
from local_stack.site import Site
from local_stack.stack import SERVERS, look_at
from local_stack.state import HOST


@dataclass(frozen=True, slots=True)
class ServerStatus:
    name: str
    title: str
    version: str
    address: str
    pid: int | None
    memory_bytes: int
    uptime_seconds: float
    answers: bool
    trouble: str


def status_of(stack_dir: Path) -> list[ServerStatus]:
    site = look_at(stack_dir)
    if site is None:
        return [_absent(server) for server in SERVERS]
    found = processes.find([server.kind(site) for server in SERVERS])
    with ThreadPoolExecutor(len(SERVERS)) as pool:
        return list(pool.map(lambda server: _status(server, site, found[server.kind(site)]), SERVERS))


def _absent(server: Server) -> ServerStatus:
    return ServerStatus(server.name, server.title, "", "", None, 0, 0.0, answers=False, trouble="it does not run")


def _status(server: Server, site: Site, running: list[psutil.Process]) -> ServerStatus:
    if not running:
        return _absent(server)
    version, trouble = "", ""
    try:
        server.check(site)
        version = server.version(site)
    except Exception as error:  # noqa: BLE001  whatever a client says of a server that does not answer
        trouble = (str(error) or type(error).__name__).splitlines()[0]
    return ServerStatus(
        name=server.name,
        title=server.title,
        version=version,
        address=f"{HOST}:{site.port(server.port_names[0])}",
        pid=running[0].pid,
        memory_bytes=processes.resident_bytes(running),
        uptime_seconds=time.time() - running[0].create_time(),
        answers=not trouble,
        trouble=trouble,
    )
