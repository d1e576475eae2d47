"""Stopping a process so that it has stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any


def freeze(process: subprocess.Popen[Any]) -> None:
    """All its threads stand still when this returns. The signal alone is a wish: on a busy machine the process goes on
    until it is scheduled, does what it should not do any more, and takes a SIGTERM that comes later first."""
    process.send_signal(signal.SIGSTOP)
    with suppress(ChildProcessError):  # it has ended
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def thaw(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGCONT)
