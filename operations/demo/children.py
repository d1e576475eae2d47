"""Services of the platform as child processes, which never outlive the demo."""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from eventing.errors import Misconfigured, Unavailable
from operations.demo.stage import Stage

SECONDS_TO_ANNOUNCE: Final = 60.0
SECONDS_TO_STOP: Final = 15.0
TOLD_LINES: Final = 5
_PR_SET_PDEATHSIG: Final = 1
_LASTING: Final = ThreadPoolExecutor(1, thread_name_prefix="children")
"""The kernel ends a child with the thread that started it: this one lasts as long as the process does."""


class Child:
    """What it says on stdout is read line by line; what it logs goes to a file."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._arguments = tuple(arguments)
        self._environment = dict(environment)
        self._log = log
        self._is_meant_to_be_down = False
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        self._start()

    def _start(self) -> None:
        self._process = _LASTING.submit(self._spawned).result()
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True).start()

    def _spawned(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "operations", *self._arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                # A group of its own: Ctrl-C reaches the demo alone, which stops its children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def announcement(self) -> str:
        """The first line that it says."""
        try:
            said = self._lines.get(timeout=SECONDS_TO_ANNOUNCE)
        except queue.Empty:
            said = ""
        if not said:
            raise Unavailable(f"{self.name} did not start. {self._last_words()}")
        self._is_meant_to_be_down = False
        return said.strip()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """As a crash would; nobody is surprised that it has ended, until it is started again."""
        self._is_meant_to_be_down = True
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """Then await what it says."""
        self._start()

    def stay_at(self, variable: str, address: str) -> None:
        """Started again it is where others have found it."""
        self._environment[variable] = str(urlsplit(address).port)

    def demand_alive(self) -> None:
        if self._process.poll() is not None and not self._is_meant_to_be_down:
            raise Unavailable(f"{self.name} has ended. {self._last_words()}")

    def stop(self) -> None:
        self._is_meant_to_be_down = True
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    @staticmethod
    def _read(process: subprocess.Popen[str], said: queue.SimpleQueue[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                said.put(line)
        said.put("")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-TOLD_LINES:]
        return "\n".join(["Its last lines:", *(f"    {line[:300]}" for line in lines), f"The whole log: {self._log}"])


@contextmanager
def running(stage: Stage, name: str, *arguments: str, **environment: str) -> Iterator[Child]:
    child = Child(name, arguments, {**stage.environment(), **environment}, stage.logs / f"{name}.log")
    stage.watched.append(child.demand_alive)
    try:
        yield child
    finally:
        stage.watched.remove(child.demand_alive)
        child.stop()


def finished(stage: Stage, *arguments: str) -> None:
    """Runs a command to its end; what it complains about is said in its own words."""
    done = subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        env=stage.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_end_with_parent,
    )
    if done.returncode:
        raise Misconfigured(done.stderr.strip().removeprefix("orders: ") or f"orders {' '.join(arguments)} failed.")


def _end_with_parent() -> None:
    """The kernel ends the child when the demo is gone, be it by kill -9."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
