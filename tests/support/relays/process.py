"""A relay as a process, to be killed, stopped and told to end."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from tests.support.child_process import ChildProcess


class RelayProcess(ChildProcess):
    def __init__(self, settings: Mapping[str, str], *, mutant: str = "none") -> None:
        super().__init__("tests.support.relays.main", mutant, settings=settings)
        self.address = self.announced()
        """Of its health."""

    @property
    def holder(self) -> str:
        """A part of the name under which it holds the lease."""
        return f":{self.pid}:"

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def is_frozen(self) -> bool:
        return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)
