"""A stack that ends with the process it belongs to, however that ends, and takes its folder along."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from local_stack import options
from local_stack.progress import OnProgress, silent
from local_stack.stack import Stack
from local_stack.state import Addresses


def up(folder: Path, owner: int, on_progress: OnProgress = silent) -> Addresses:
    """Ports are always chosen here: fixed ones are meant for the stack that stays."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _post_guardian(folder, owner)  # before the first server: the owner may be killed while they start
    return _stack(folder).up(on_progress)


def end(folder: Path) -> None:
    if folder.exists():
        _stack(folder).reset()
        shutil.rmtree(folder, ignore_errors=True)


def _stack(folder: Path) -> Stack:
    return Stack(folder, replace(options.from_settings(), ports={}))


def _post_guardian(folder: Path, owner: int) -> None:
    """In a session of its own and holding none of our pipes, so that nobody waits for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_stack.guardian", str(folder), str(owner)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # it outlives us by design
