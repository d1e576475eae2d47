"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg

PACKAGES = ("confluent-kafka", "eventsourcing", "fastapi", "fastavro", "orderloom", "psycopg", "uvicorn", "uvloop")


def describe(database_url: str) -> dict[str, Any]:
    with psycopg.connect(database_url) as connection:
        server = str(connection.execute("SHOW server_version").fetchall()[0][0])
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgres": server,
        "packages": {name: version(name) for name in PACKAGES},
        "load_before": os.getloadavg()[0],
    }


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
