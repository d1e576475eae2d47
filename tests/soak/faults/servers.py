"""The servers that the platform stands on: killed, frozen, without disk; sessions ended and leases taken away."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

from tests.soak.faults.fault import NotHere, Storm

_one_disk = threading.Lock()


def kill_server(storm: Storm) -> str:
    server = storm.chance.choice(["postgres", "kafka", "elasticsearch", "redis"])
    for pid in storm.platform.server_pids(server)[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    storm.hold(0, 3)
    storm.platform.operator.start_servers()
    return server


def pause_server(storm: Storm) -> str:
    server = storm.chance.choice(["kafka", "elasticsearch", "redis"])
    pids = storm.platform.server_pids(server)
    _signal(pids, signal.SIGSTOP)
    storm.hold(1, 12)
    _signal(pids, signal.SIGCONT)
    return server


def end_database_sessions(storm: Storm) -> str:
    """As a failover or an administrator does: every connection is gone at once."""
    storm.platform.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    return "postgres"


def stolen_lease(storm: Storm) -> str:
    storm.platform.query("UPDATE leases SET expires_at = clock_timestamp() - interval '1 second'")
    return "leases"


def full_disk(storm: Storm) -> str:
    """Of all five at once, as on one machine; then somebody makes room and starts what has given up."""
    platform = storm.platform
    if platform.disk is None:
        raise NotHere(platform.why_no_disk)
    if not _one_disk.acquire(blocking=False):
        return ""  # it is full already
    ballast = platform.disk / "ballast"
    try:
        _fill(ballast)
        storm.hold(2, 6)
    finally:
        ballast.unlink(missing_ok=True)
        _one_disk.release()
    platform.operator.start_servers()
    return "all servers"


def _fill(ballast: Path) -> None:
    """To the last byte, and what is freed meanwhile too."""
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 24
        while size >= 1 << 12:
            try:
                file.write(bytes(size))
            except OSError:
                size >>= 2


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
