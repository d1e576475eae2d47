"""What a projector tells of itself: in its report, and at its health."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

from tests.support.read_models.platform import Platform
from tests.support.read_models.process import ProjectorProcess


def state(platform: Platform, model: str) -> str:
    (found,) = platform.query("SELECT state FROM projection_reports WHERE model = %s", model) or [("none",)]
    return str(found[0])


def last_error(platform: Platform, model: str) -> str:
    return str(platform.query("SELECT last_error FROM projection_reports WHERE model = %s", model)[0][0])


def reported_at(platform: Platform, model: str) -> datetime:
    (found,) = platform.query("SELECT reported_at FROM projection_reports WHERE model = %s", model)[0]
    assert isinstance(found, datetime)
    return found


def silent_for(platform: Platform, model: str) -> float:
    """Seconds since anybody said something of it, by the database's clock."""
    age = "SELECT extract(epoch FROM clock_timestamp() - max(reported_at))::float8 FROM projection_reports"
    return float(platform.query(f"{age} WHERE model = %s", model)[0][0])


def partitions_of(projector: ProjectorProcess, model: str) -> int:
    """How many of them it reads at the moment, by its metrics."""
    with urllib.request.urlopen(f"{projector.address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return sum(line.startswith("orderloom_projection_applied_position{") and f'"{model}"' in line for line in lines)


def readiness(projector: ProjectorProcess) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{projector.address}/readyz") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
