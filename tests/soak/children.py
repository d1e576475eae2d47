"""Processes of the platform that a storm may kill, freeze and let die at a crash point, and that come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.soak.starting import lastingly
from tests.support.end_with_parent import end_with_parent

START_SECONDS = 60.0


class Child:
    """One process with a name. Whoever kills it says when it comes back; nothing else starts it again."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.starts = 0
        self._arguments = [sys.executable, "-m", *arguments]
        self._environment = dict(environment)
        self._log = logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self._lock = threading.RLock()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def frozen(self) -> bool:
        return self._frozen

    def start(self, **more: str) -> None:
        with self._lock:
            if self.runs:
                return
            self.starts += 1
            self._frozen = False
            self._process = lastingly(lambda: self._spawned(more))

    def _spawned(self, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._arguments,
                env={**os.environ, **self._environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def kill(self) -> None:
        with self._lock:
            if self.runs:
                assert self._process is not None
                self._process.kill()
                self._process.wait()

    def freeze(self) -> None:
        with self._lock:
            if self.runs:
                self._signal(signal.SIGSTOP)
                self._frozen = True

    def thaw(self) -> None:
        with self._lock:
            if self._frozen and self.runs:
                self._signal(signal.SIGCONT)
            self._frozen = False

    def ask_to_end(self, patience: float = 30.0) -> None:
        """As an orchestrator does; what does not end is killed."""
        with self._lock:
            self.thaw()
            if not self.runs:
                return
            assert self._process is not None
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait_for_end(self, seconds: float) -> bool:
        """Whether it ended by itself within that time, as at a crash point."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            return True
        return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def finished(arguments: Sequence[str], environment: Mapping[str, str], *, seconds: float = 300) -> str:
    """Runs a command to its end and gives what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"orders {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def await_answer(address: str, seconds: float = START_SECONDS) -> None:
    import urllib.error
    import urllib.request

    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (OSError, urllib.error.URLError) as error:
            if time.monotonic() > end:
                raise AssertionError(f"{address} does not answer: {error}") from error
            time.sleep(0.1)
