"""How fast the machine itself is right now: a lone durable commit, a round trip, a plain fdatasync.

Taken before and after every contest and stored with it: figures from a machine that changed its pace in between
are not to be trusted, and the report says so.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.figures import drift

TIMES = 200
TOO_MUCH = 0.25


class Calibration(NamedTuple):
    """Medians, in microseconds."""

    lone_commit: float
    select_1: float
    fdatasync: float


def calibrate(database_url: str) -> Calibration:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS calibration (n int)")
        return Calibration(
            lone_commit=median_us(lambda: connection.execute("INSERT INTO calibration VALUES (1)", prepare=True)),
            select_1=median_us(lambda: connection.execute("SELECT 1", prepare=True)),
            fdatasync=fdatasync_us(),
        )


def median_us(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e6


def fdatasync_us() -> float:
    with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
        os.ftruncate(file.fileno(), 8192)

        def write_and_sync() -> None:
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            os.fdatasync(file.fileno())

        return median_us(write_and_sync)


def worst_drift(before: Calibration, after: Calibration) -> float:
    return max(drift(*pair) for pair in zip(before, after, strict=True))
