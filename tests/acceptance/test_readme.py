"""Whoever types the README's commands in a fresh folder sees what the README says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.readme import README, commands_under

SECONDS = 280


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As a checkout after its first `make`, without what others have left in theirs."""
    (tmp_path / ".venv").symlink_to(README.parent / ".venv")
    return tmp_path


@pytest.fixture
def environment() -> dict[str, str]:
    """Nothing given but two ports, because the usual ones may belong to somebody."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
    api = free_port()
    return {
        **bare,
        "API": f"http://127.0.0.1:{api}",
        "ORDERS_COMMAND_API__PORT": str(api),
        "ORDERS_RELAY__HEALTH_PORT": "0",
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
        output, _ = shell.communicate(commands_under("Ten minutes"), timeout=SECONDS)
        yield f"{output}\nended with status {shell.returncode}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        subprocess.run([".venv/bin/orders", "stack", "down"], cwd=folder, env=environment, check=True, timeout=60)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
def test_ten_minutes_with_the_readme(said: str) -> None:
    for promised in (
        "HTTP/1.1 201 Created",
        "idempotency-replayed: true",
        "idempotency_key_reused",
        '"status":412',
        '"status":"cancelling"',
        "order.placed",
        "order.delivery_address_changed",
        "order.cancellation_requested",
        "checkpoint",
        "ended with status 0",
    ):
        assert promised in said, f"{promised}\n\n{said}"
    assert "No such process" not in said, "what the README starts, it also ends"
