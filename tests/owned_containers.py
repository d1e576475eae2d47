"""Whose the containers of the tests are: one run's, and they go when it ends, be it by kill -9.

Not so by the library's own watcher: that one holds to the process that started them, and here each process of a run
uses them, longer maybe than the one that came first. So a guardian is posted for the run as a whole. What it could not
remove, as it was killed too, the next run on the same machine removes.

    python -m tests.owned_containers RUN PID    # the guardian: waits for the end of the process, then removes
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RUN: Final = "org.orderloom.tests.run"
"""A name that is never used again: numbers of processes are, and those of another machine may be at the same engine."""
OWNER: Final = "org.orderloom.tests.owner"


def labels(run: str, owner: int) -> dict[str, str]:
    return {RUN: run, OWNER: f"{socket.gethostname()}/{owner}"}


def remove(run: str) -> None:
    _remove(_containers(f"label={RUN}={run}"))


def remove_orphans() -> None:
    """Of runs of this machine whose process does not live any more. Others may live where nobody here can see it."""
    _remove([name for name in _containers(f"label={OWNER}") if _is_orphan(name)])


def post_guardian(run: str, owner: int) -> None:
    """In a session of its own and holding none of our pipes, so that nobody waits for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, run, str(owner)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # it outlives us by design


def docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), capture_output=True, check=True, text=True, timeout=60).stdout


def _is_orphan(name: str) -> bool:
    told: dict[str, str] = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", name))
    machine, _, pid = told[OWNER].rpartition("/")
    return machine == socket.gethostname() and not _lives(int(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _containers(which: str) -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", which).split()


def _remove(names: list[str]) -> None:
    if names:
        docker("rm", "--force", "--volumes", *names)


if __name__ == "__main__":
    from local_stack.processes import wait_for_end

    wait_for_end(int(sys.argv[2]))
    remove(sys.argv[1])
