"""The one who starts a stack is killed, interrupted, or refused."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local_stack import ephemeral, processes
from local_stack.progress import Step
from local_stack.stack import SERVERS, Stack, look_at

pytestmark = pytest.mark.slow

OWNER = """
import os, sys
from pathlib import Path
from local_stack import ephemeral
ephemeral.up(Path(sys.argv[1]), os.getpid(), lambda step: print(step.subject, step.state, flush=True))
print("all up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "stack"
    ephemeral.end(tmp_path / "stack")


def running(folder: Path) -> set[str]:
    """The tool that formats Kafka's folder, and ends by itself, is not Kafka."""
    site = look_at(folder)
    assert site is not None
    found = processes.find([server.kind(site) for server in SERVERS])
    return {
        server.name
        for server in SERVERS
        if any("kafka.tools.StorageTool" not in process.cmdline() for process in found[server.kind(site)])
    }


def start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """`orders stack up`, as a script would start it."""
    return subprocess.Popen(
        [sys.executable, "-m", "operations", "stack", "up"],
        env={**os.environ, "ORDERS_STACK_DIR": str(folder), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> None:
    stream = process.stderr or process.stdout
    assert stream is not None
    assert any(text in line for line in stream)


def test_a_starter_killed_in_the_middle_is_made_good_by_the_next_up(folder: Path) -> None:
    with start(folder) as starter:
        read_until(starter, "postgres: ready")
        starter.kill()
    left = running(folder)
    assert "postgres" in left, "nothing was left to be found again"

    steps: list[Step] = []
    Stack(folder).up(steps.append)

    assert {step.subject for step in steps if step.state == "running"} >= left
    assert running(folder) == {server.name for server in SERVERS}


def test_an_interrupted_start_takes_back_what_it_started(folder: Path) -> None:
    with start(folder) as starter:
        read_until(starter, "postgres: ready")
        starter.send_signal(signal.SIGINT)
        said = starter.communicate(timeout=120)[1]

    assert starter.returncode == 130
    assert "Traceback" not in said
    assert running(folder) == set()


def test_a_taken_fixed_port_is_named_and_nothing_is_started(folder: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with start(folder, ORDERS_STACK_PORTS__ELASTICSEARCH=str(port)) as starter:
            said = starter.communicate(timeout=120)[1]

    assert starter.returncode == 2
    assert f"port {port} for elasticsearch is taken by" in said
    assert f"process {os.getpid()}" in said
    assert "ORDERS_STACK_PORTS__ELASTICSEARCH" in said
    assert look_at(folder) is None


@pytest.mark.parametrize("moment", ["postgres ready", "all up"])
def test_the_stack_of_a_killed_test_run_ends_with_it(folder: Path, moment: str) -> None:
    command = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        read_until(owner, moment)
        (guardian,) = [each for each in psutil.process_iter() if _is_guardian_of(each, folder)]

        owner.kill()

    processes.wait_for_end(guardian.pid, 60)
    assert not folder.exists()
    assert [each for each in psutil.process_iter() if str(folder) in _environment(each)] == []


def _is_guardian_of(process: psutil.Process, folder: Path) -> bool:
    try:
        return list(process.cmdline()[1:4]) == ["-m", "local_stack.guardian", str(folder)]
    except psutil.Error:
        return False


def _environment(process: psutil.Process) -> str:
    try:
        return " ".join(process.environ().values())
    except (psutil.Error, OSError):
        return ""
