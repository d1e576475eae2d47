"""A small file system in memory for all servers, so that a full disk is theirs alone; where root may mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MEGABYTES = 2048
"""PostgreSQL may keep as much of its log before it tidies up, and fills a third of it in ten minutes of storm."""


@contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """Why there is none; empty where there is."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        yield "only root can mount a small file system to fill up"
        return
    if psutil.virtual_memory().available < 3 * MEGABYTES << 20:
        yield f"less than {3 * MEGABYTES} MB of memory are free for a small file system"
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "none", str(folder)]
    told = subprocess.run(mount, capture_output=True, text=True, check=False)
    if told.returncode:
        yield f"this machine lets nobody mount a file system: {told.stderr.strip()}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
