"""A relay as a process, to be killed, stopped and told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psutil

START_SECONDS = 20


class RelayProcess:
    def __init__(self, settings: Mapping[str, str], *, mutant: str = "none") -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.relays.main", mutant],
            env={**clean, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        """Of its health."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def holder(self) -> str:
        """A part of the name under which it holds the lease."""
        return f":{self.pid}:"

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def is_frozen(self) -> bool:
        return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)

    def ask_to_end(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = START_SECONDS) -> int:
        """Its exit status."""
        status = self._process.wait(seconds)
        self._listener.join(5)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join(5)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line
