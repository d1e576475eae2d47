"""Real processes: `sleep` plays the server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import processes
from local_stack.account import Account
from local_stack.kinds import Kind

PATIENCE = 30
ME = Account("me", os.geteuid(), os.getegid())


@pytest.fixture
def kind(tmp_path: Path) -> Iterator[Kind]:
    """A program of its own name, so that nothing else on the machine can be meant."""
    program = tmp_path / "bin" / "slumber"
    program.parent.mkdir()
    shutil.copy(Path("/bin/sleep").resolve(), program)
    folder = tmp_path / "data"
    folder.mkdir()
    found = Kind("slumber", folder, os.geteuid())
    yield found
    processes.stop(found, signal.SIGKILL, PATIENCE)


def launch(kind: Kind, folder: Path | None = None) -> int:
    program = str(kind.folder.parent / "bin" / "slumber")
    return processes.launch([program, "300"], kind, ME, log=kind.folder.parent / "log", environment={}, folder=folder)


def pids(kind: Kind) -> list[int]:
    return [process.pid for process in processes.find([kind])[kind]]


def test_a_server_is_found_by_where_it_works(kind: Kind) -> None:
    pid = launch(kind)

    assert pids(kind) == [pid]


def test_a_process_that_was_seen_before_it_became_the_server_is_found(kind: Kind) -> None:
    becoming = f"read line && exec {kind.folder.parent}/bin/slumber 300"
    with subprocess.Popen(["/bin/sh", "-c", becoming], stdin=subprocess.PIPE, cwd=kind.folder) as starter:
        assert pids(kind) == []

        assert starter.stdin
        starter.stdin.write(b"go\n")
        starter.stdin.flush()

        deadline = time.monotonic() + PATIENCE
        while not (found := pids(kind)) and time.monotonic() < deadline:
            time.sleep(0.01)
        starter.kill()
    assert found == [starter.pid]


def test_a_server_that_works_elsewhere_is_found_by_its_mark(kind: Kind) -> None:
    pid = launch(kind, folder=Path("/"))

    assert pids(kind) == [pid]


def test_the_same_program_at_work_for_another_stack_is_left_alone(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Kind(kind.executable, tmp_path / "other", kind.uid)
    launch(kind)
    pid = launch(other)

    processes.stop(kind, signal.SIGTERM, PATIENCE)

    assert (pids(kind), pids(other)) == ([], [pid])
    processes.stop(other, signal.SIGKILL, PATIENCE)


def test_another_program_in_the_same_folder_is_left_alone(kind: Kind) -> None:
    launch(kind)

    assert pids(Kind("postgres", kind.folder, kind.uid)) == []


def test_a_server_whose_folder_was_removed_is_still_found(kind: Kind) -> None:
    pid = launch(kind)
    kind.folder.rmdir()

    assert pids(kind) == [pid]


def test_one_that_does_not_listen_to_reason_is_killed_after_its_grace(kind: Kind) -> None:
    pid = launch(kind)
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)  # else SIGTERM may come first

    asked = processes.stop(kind, signal.SIGTERM, 0.2)

    assert not asked
    assert pids(kind) == []
    assert processes.has_ended(pid)


def test_one_that_ends_when_asked_is_not_killed(kind: Kind) -> None:
    launch(kind)

    assert processes.stop(kind, signal.SIGTERM, PATIENCE)
