"""The doctor on a machine where all is well, and on one where something is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.backing import Backing


@pytest.fixture
def environment(backing: Backing, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ORDERS_STACK_DIR": str(tmp_path),
        "ORDERS_POSTGRES__URL": backing.postgres_url,
        "ORDERS_KAFKA__BOOTSTRAP_SERVERS": backing.kafka_bootstrap,
        "ORDERS_ELASTICSEARCH__URL": backing.elasticsearch_url,
        "ORDERS_REDIS__URL": backing.redis_url,
        "ORDERS_REGISTRY__URL": backing.registry_url,
        "ORDERS_COMMAND_API__PORT": "0",
        "ORDERS_RELAY__HEALTH_PORT": "0",
    }


def doctor(environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    told = subprocess.run(
        [sys.executable, "-m", "operations", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    answer: dict[str, Any] = json.loads(told.stdout)
    return told.returncode, answer


def test_where_all_is_well_it_says_so_with_status_0(environment: dict[str, str]) -> None:
    status, answer = doctor(environment)

    assert [check["says"] for check in answer["checks"] if not check["ok"]] == []
    assert (status, answer["ok"]) == (0, True)
    assert {"python", "memory", "ports", "postgres", "kafka"} <= {check["name"] for check in answer["checks"]}


def test_what_is_wrong_is_told_with_status_1(environment: dict[str, str], backing: Backing) -> None:
    """A search address that points at the broker."""
    status, answer = doctor({**environment, "ORDERS_ELASTICSEARCH__URL": f"http://{backing.kafka_bootstrap}"})

    assert (status, answer["ok"]) == (1, False)
    (wrong,) = [check for check in answer["checks"] if not check["ok"]]
    assert wrong["name"] == "elasticsearch"
    assert "ORDERS_ELASTICSEARCH__URL" in wrong["says"]
