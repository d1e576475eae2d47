"""A part of the platform as a process of a test's own, to be killed, frozen and told to end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.support import freezing
from tests.support.bare_environment import bare_environment

PATIENCE = 60.0


class ChildProcess:
    def __init__(self, module: str, *arguments: str, settings: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=bare_environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        """On stderr; all of it once it has ended and was waited for."""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        freezing.freeze(self._process)

    def thaw(self) -> None:
        freezing.thaw(self._process)

    def ask_to_end(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Its exit status."""
        status = self._process.wait(seconds)
        self._listener.join(PATIENCE)
        return status

    def end(self) -> int:
        """Asks it to, and gives its exit status."""
        self.ask_to_end()
        return self.wait()

    def close(self) -> None:
        self.kill()
        self._listener.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def announced(self) -> str:
        """The address that it says when it answers there; empty if it has ended instead."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line
