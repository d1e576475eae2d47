"""A real process of a little service, and its issuer of tokens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventing.web.auth import Role
from tests.support.web import local_issuer


@dataclass
class Served:
    """A server process: where it answers, whom it trusts, and what it has accepted."""

    process: subprocess.Popen[str]
    address: str
    token: str
    ledger: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def accepted(self) -> list[str]:
        return self.ledger.read_text().splitlines() if self.ledger.exists() else []


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    processes: list[subprocess.Popen[str]] = []
    token = local_issuer(tmp_path).issue("alice", [Role.CUSTOMER])

    def start(connections: int = 1000, notice_seconds: float = 0.3) -> Served:
        ledger = tmp_path / "ledger"
        command = [sys.executable, "-m", "tests.support.web", str(ledger), str(connections), str(notice_seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        return Served(process, process.stdout.readline().strip(), token, ledger)

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()
