"""A projector as a process, to be killed, stopped and told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class ProjectorProcess:
    def __init__(self, settings: Mapping[str, str], *models: str, mutant: str = "none") -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.read_models.main", mutant, *models],
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
    def exit_status(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self, seconds: float = 60) -> int:
        self._process.terminate()
        return self._process.wait(seconds)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self._listener.join(5)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()
