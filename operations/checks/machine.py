"""What the machine has to have: a Python, the packages of the lock, memory, room on the disk, make."""

from __future__ import annotations

import os
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from eventing.errors import Misconfigured
from eventing.settings import Settings
from operations.checks.finding import Check

OLDEST_PYTHON: Final = (3, 11)
GIB: Final = 1024**3
MEMORY_FOR_SERVICES: Final = 0.5 * GIB
MEMORY_FOR_STACK: Final = 2 * GIB
DISK_NEEDED: Final = 2 * GIB
"""The artifacts packed and unpacked, and room for data."""


def _python(_settings: Settings) -> str:
    spoken = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise Misconfigured(f"Python is {spoken}, but 3.11 or newer is needed: make PYTHON=python3.12 install.")
    return f"Python {spoken} in {sys.prefix}"


def _packages(_settings: Settings) -> str:
    needed = [line for line in requires("orderloom") or () if "extra ==" not in line]
    names = [re.split(r"[\s\[<>=;~!]", line, maxsplit=1)[0] for line in needed if "python_version <" not in line]
    if missing := [name for name in names if not _installed(name)]:
        raise Misconfigured(f"{', '.join(missing)} can't be found: install what the lock names with `make install`.")
    shown = ("confluent-kafka", "psycopg", "elasticsearch", "redis")
    return f"{len(names)} packages, among them {', '.join(f'{name} {version(name)}' for name in shown)}"


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _make(_settings: Settings) -> str:
    found = shutil.which("make")
    if found is None:
        raise Misconfigured("make can't be found: install your system's package of that name.")
    return found


def memory_check(*, for_stack: bool) -> Check:
    needed = MEMORY_FOR_STACK if for_stack else MEMORY_FOR_SERVICES

    def look(_settings: Settings) -> str:
        free = available_memory()
        if free < needed:
            raise Misconfigured(
                f"{free / GIB:.1f} GiB of memory are free, but {needed / GIB:g} GiB are needed: end other programs, "
                "or give addresses of servers elsewhere."
            )
        return f"{free / GIB:.1f} GiB free, {needed / GIB:g} GiB needed"

    return Check("memory", look)


def available_memory(root: Path = Path("/")) -> int:
    """What the kernel could give, or less where a container's own limit is nearer."""
    free = _meminfo(root / "proc/meminfo")
    group = root / "sys/fs/cgroup"
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return free if limit == "max" else min(free, int(limit) - used)


def _meminfo(path: Path) -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    if found is None:
        raise Misconfigured(f"{path} does not tell how much memory is free: a kernel from after 2014 is needed.")
    return int(found[1]) * 1024


def disk_check(name: str, folder: Path, variable: str) -> Check:
    def look(_settings: Settings) -> str:
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise Misconfigured(f"{folder} can't be written: make it yours, or set {variable} to another folder.")
        free = shutil.disk_usage(existing).free
        if free < DISK_NEEDED:
            raise Misconfigured(
                f"{free / GIB:.1f} GiB are free at {folder}, but {DISK_NEEDED / GIB:g} GiB are needed: "
                f"free some, or set {variable} to a folder on another disk."
            )
        return f"{free / GIB:.1f} GiB free at {folder}"

    return Check(name, look)


PYTHON: Final = Check("python", _python)
PACKAGES: Final = Check("packages", _packages)
MAKE: Final = Check("make", _make)
