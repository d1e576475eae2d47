"""Servers that the machine already has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


def postgres(data: Path) -> Path | None:
    """The folder of the newest installation; with data, of the version that wrote them, for no other reads them."""
    found = {major: folder for folder in _postgres_folders() if (major := _major(folder)) >= OLDEST_POSTGRES}
    try:
        wrote = int((data / "PG_VERSION").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return found[max(found)] if found else None
    return found.get(wrote)


def redis() -> Path | None:
    program = shutil.which("redis-server")
    if program is None or _redis_version(program) < OLDEST_REDIS:
        return None
    return Path(program).resolve().parent


def _postgres_folders() -> list[Path]:
    on_path = [Path(folder) for folder in os.get_exec_path()]
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders = {(folder / "postgres").resolve().parent for folder in (*on_path, *packaged)}
    return sorted(folder for folder in folders if all((folder / name).exists() for name in ("postgres", "initdb")))


def _major(folder: Path) -> int:
    told = subprocess.run([folder / "postgres", "--version"], check=False, capture_output=True, text=True).stdout
    number = re.search(r"\) (\d+)", told)
    return int(number[1]) if number else 0


def _redis_version(program: str) -> tuple[int, int]:
    told = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    number = re.search(r"v=(\d+)\.(\d+)", told)
    return (int(number[1]), int(number[2])) if number else (0, 0)
