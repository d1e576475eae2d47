"""How the processes of each server are told from all others on the machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXECUTABLES = {
    "postgres": "postgres",
    "kafka": "java",
    "elasticsearch": "java",
    "redis": "redis-server",
    "registry": "java",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What the processes of one server have in common."""

    executable: str
    folder: Path
    """Its data: each server of each stack has a folder of its own."""
    uid: int


def kind_of(server: str, home: Path, uid: int) -> Kind:
    return Kind(EXECUTABLES[server], data_of(server, home), uid)


def data_of(server: str, home: Path) -> Path:
    return home / "data" / server
