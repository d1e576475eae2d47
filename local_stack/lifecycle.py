"""Brings servers up side by side, and down; a start that fails takes back what it started."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event, Lock

from eventing.errors import Misconfigured
from local_stack import logs, processes
from local_stack.progress import OnProgress, Step
from local_stack.server import Server
from local_stack.site import Site
from local_stack.state import HOST

START_SECONDS = 150
ADOPT_SECONDS = 45
"""How long a server that runs but does not answer may take: it may be starting, or recovering from a kill."""
BETWEEN_TRIES_SECONDS = 0.1
SHOWN_LINES = 12


class _Cancelled(Exception):
    pass


@dataclass(slots=True)
class _Start:
    site: Site
    on_progress: OnProgress
    answered: dict[str, Event]
    cancelled: Event = field(default_factory=Event)
    started: list[Server] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


def start_all(servers: Sequence[Server], site: Site, on_progress: OnProgress) -> None:
    start = _Start(site, on_progress, {server.name: Event() for server in servers})
    with ThreadPoolExecutor(len(servers), thread_name_prefix="start") as pool:
        try:
            futures = [pool.submit(_bring_up, server, start) for server in servers]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            start.cancelled.set()
            pool.shutdown(wait=True)
            stop_all(start.started, site, on_progress)
            raise


def stop_all(servers: Sequence[Server], site: Site, on_progress: OnProgress) -> list[Server]:
    """Those that need another one first; the rest side by side. Says which of them had been running."""
    running = {kind for kind, found in processes.find([each.kind(site) for each in servers]).items() if found}
    stopping = [each for each in servers if each.kind(site) in running]
    for wave in ([each for each in stopping if each.needs], [each for each in stopping if not each.needs]):
        if wave:
            with ThreadPoolExecutor(len(wave), thread_name_prefix="stop") as pool:
                list(pool.map(lambda each: _stop(each, site, on_progress), wave))
    return stopping


def _stop(server: Server, site: Site, on_progress: OnProgress) -> None:
    on_progress(Step(server.name, "stopping"))
    begun = time.monotonic()
    processes.stop(server.kind(site), server.stop_signal, server.grace_seconds)
    on_progress(Step(server.name, "stopped", seconds=time.monotonic() - begun))


def _bring_up(server: Server, start: _Start) -> None:
    begun = time.monotonic()
    _await_needed(server, start)
    found = _adopt(server, start)
    if not found:
        start.on_progress(Step(server.name, "starting"))
        _launch(server, start)
    start.answered[server.name].set()
    start.on_progress(Step(server.name, "running" if found else "ready", seconds=time.monotonic() - begun))


def _await_needed(server: Server, start: _Start) -> None:
    while server.needs and not start.answered[server.needs].wait(BETWEEN_TRIES_SECONDS):
        if start.cancelled.is_set():
            raise _Cancelled


def _adopt(server: Server, start: _Start) -> bool:
    """Whether it runs already and answers. One that runs and never answers is stopped."""
    kind = server.kind(start.site)
    found = processes.find([kind])[kind]
    if not found:
        return False
    try:
        _await_answer(server, start, found[0].pid, ADOPT_SECONDS)
    except Misconfigured:
        processes.stop(kind, server.stop_signal, server.grace_seconds)
        return False
    return True


def _launch(server: Server, start: _Start) -> None:
    site = start.site
    site.make_folders(server.name)
    log = site.log(server.name)
    logs.rotate(log)
    server.prepare(site)
    with start.lock:
        if start.cancelled.is_set():
            raise _Cancelled
        start.started.append(server)
    begins_at = log.stat().st_size if log.exists() else 0
    pid = processes.launch(
        server.command(site),
        server.kind(site),
        site.account,
        log=log,
        environment=server.environment(site),
        folder=server.working_folder(site),
    )
    try:
        _await_answer(server, start, pid, START_SECONDS)
    except Misconfigured as error:
        said = "\n".join(f"    {line}" for line in logs.last_lines(log, SHOWN_LINES, begins_at))
        raise Misconfigured(
            f"{error}\n{said}\nThe whole log: `orders stack logs {server.name}`."
            " If it can't be mended, `orders stack reset` begins anew without the data."
        ) from None


def _await_answer(server: Server, start: _Start, pid: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    trouble = "it does not listen"
    while True:
        if processes.has_ended(pid):
            raise Misconfigured(f"{server.title} has ended instead of starting. Its last lines:")
        if _listens(start.site.port(server.port_names[0])):
            try:
                return server.check(start.site)
            except Exception as error:  # noqa: BLE001  whatever a client says of a server that is still starting
                trouble = str(error) or type(error).__name__
        if time.monotonic() > deadline:
            raise Misconfigured(f"{server.title} does not answer after {seconds:.0f} s ({trouble}). Its last lines:")
        if start.cancelled.wait(BETWEEN_TRIES_SECONDS):
            raise _Cancelled


def _listens(port: int) -> bool:
    """Asked first, because it costs nothing while a server starts; it is no proof of anything."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
