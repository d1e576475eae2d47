"""What the services say while they are measured goes into a file: the terminal is for the tables."""

from __future__ import annotations

from typing import IO, Final

from benchmarks.bench import BUILD

FILE: Final = BUILD / "bench.log"


def words() -> IO[bytes]:
    FILE.parent.mkdir(exist_ok=True)
    return FILE.open("ab")
