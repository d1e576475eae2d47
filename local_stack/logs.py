"""What the servers say, a file each."""

from __future__ import annotations

from pathlib import Path

ROTATE_AT_BYTES = 16 << 20
BYTES_A_LINE = 1000


def last_lines(log: Path, count: int, begins_at: int = 0) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(begins_at, log.stat().st_size - BYTES_A_LINE * count))
            return file.read().decode(errors="replace").splitlines()[-count:] if count else []
    except FileNotFoundError:
        return []


def rotate(log: Path) -> None:
    """One old log is kept, so that a stack that lives for months does not fill the disk with its past starts."""
    if log.exists() and log.stat().st_size > ROTATE_AT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
