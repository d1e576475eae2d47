"""Whoever types the README's commands in a fresh folder sees what the README says."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.bare_environment import bare_environment
from tests.support.ports import free_ports
from tests.support.readme import README, commands_under

SECONDS = 540
"""An upper bound for a busy machine; each step of the tour awaits an answer, so an idle one needs a fraction."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As a checkout after its first `make`, without what others have left in theirs."""
    (tmp_path / ".venv").symlink_to(README.parent / ".venv")
    return tmp_path


@pytest.fixture
def environment() -> dict[str, str]:
    """Nothing given but ports, because the usual ones may belong to somebody."""
    commands, queries, payments, carrier = free_ports(4)
    return {
        **bare_environment(),
        "API": f"http://127.0.0.1:{commands}",
        "QUERY": f"http://127.0.0.1:{queries}",
        "ORDERS_COMMAND_API__PORT": str(commands),
        "ORDERS_QUERY_API__PORT": str(queries),
        "ORDERS_PAYMENTS__URL": f"http://127.0.0.1:{payments}",
        "ORDERS_CARRIER__URL": f"http://127.0.0.1:{carrier}",
        "ORDERS_RELAY__HEALTH_PORT": "0",
        "ORDERS_SAGA__HEALTH_PORT": "0",
        "ORDERS_PROJECTOR__HEALTH_PORT": "0",
    }


@pytest.fixture
def said(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    shell = subprocess.Popen(
        ["sh", "-e"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield _heard(shell)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        subprocess.run([".venv/bin/orders", "stack", "down"], cwd=folder, env=environment, check=True, timeout=120)


def _heard(shell: subprocess.Popen[str]) -> str:
    """What the tour said, also where it did not come to its end."""
    try:
        output, _ = shell.communicate(commands_under("Ten minutes"), timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        output, _ = shell.communicate()
        return f"{output}\ndid not end within {SECONDS} seconds"
    return f"{output}\nended with status {shell.returncode}"


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 180)
def test_ten_minutes_with_the_readme(said: str) -> None:
    for promised in (
        "HTTP/1.1 201 Created",
        "idempotency-replayed: true",
        "idempotency_key_reused",
        '"status":412',
        "read-staleness: ",
        '"status":"cancelling"',
        '"status":"confirmed"',
        '"status":"cancelled"',
        "shipping.label_created",
        '"facets":',
        "order.delivery_address_changed",
        "order_search",
        "checkpoint",
        "ended with status 0",
    ):
        assert promised in said, f"{promised}\n\n{said}"
    assert "No such process" not in said, "what the README starts, it also ends"
