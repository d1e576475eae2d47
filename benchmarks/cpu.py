"""CPU time of clients and servers together: on two shared cores it is steadier than the wall clock.

Counted are this process, the processes listening on the servers' ports, and all their descendants (so each backend
of Postgres and each program a peer runs). A process that ended in between is not lost: its parent has
inherited its time, and the parent's inherited time is counted too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    parent: int
    ticks: int


class CpuClock:
    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = frozenset(roots)

    def seconds(self) -> float:
        """CPU seconds spent so far; only the difference between two calls means something."""
        return ticks_below(self._roots, read_stats()) / TICKS_A_SECOND


def ticks_below(roots: frozenset[int], stats: Mapping[int, Stat]) -> int:
    return sum(stat.ticks for pid, stat in stats.items() if descends(pid, roots, stats))


def descends(pid: int, roots: frozenset[int], stats: Mapping[int, Stat]) -> bool:
    while pid not in roots:
        if pid not in stats:
            return False
        pid = stats[pid].parent
    return True


def read_stats() -> dict[int, Stat]:
    stats = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stats[int(folder.name)] = parse((folder / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return stats


def parse(line: str) -> Stat:
    # The command stands in parentheses and may itself hold spaces and parentheses: split after the last one.
    after_command = line.rpartition(")")[2].split()
    return Stat(parent=int(after_command[1]), ticks=sum(int(tick) for tick in after_command[11:15]))


def listening_on(ports: Iterable[int]) -> set[int]:
    """The processes behind these ports of this machine. What runs elsewhere, or as somebody else, isn't counted."""
    wanted = frozenset(ports)
    try:
        sockets = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return set()
    return {
        socket.pid
        for socket in sockets
        if socket.pid and socket.status == psutil.CONN_LISTEN and socket.laddr.port in wanted
    }
