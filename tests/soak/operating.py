"""What an operator does while it storms and afterwards: starts servers, and makes read models anew that are lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from eventing.crash_points import EXIT_STATUS
from eventing.errors import OrderloomError
from local_stack.stack import Stack

BOUND = 75.0
STARTS = 3


class Operator:
    """One at a time; what could not be brought to its end is remembered, for when the storm is over."""

    def __init__(self, stack: Path, environment: Mapping[str, str]) -> None:
        self.unfinished: set[str] = set()
        self.complaints: list[str] = []
        """What could not be done at once. In a storm that is no wonder; it is told all the same."""
        self._environment = environment
        self._busy = threading.Lock()
        self._stack = stack
        self._starting = threading.Lock()

    def rebuild(self, model: str, crash_point: str = "") -> bool:
        """Whether it was brought to its end."""
        with self._busy:
            self.unfinished.add(model)
            done = self._run(["projections", "rebuild", model, "--quiet"], crash_point=crash_point) is not None
            if done:
                self.unfinished.discard(model)
            return done

    def start_servers(self) -> None:
        """Those that have ended; those that run are left alone."""
        with self._starting:
            for left in reversed(range(STARTS)):
                try:
                    Stack(self._stack).up()
                    break
                except OrderloomError:  # another fault has struck what was being started
                    if not left:
                        raise
        # Elasticsearch gives a shard up that failed five times, and waits to be told to try again.
        url = f"{self._environment['ORDERS_ELASTICSEARCH__URL']}/_cluster/reroute?retry_failed=true"
        with suppress(OSError), urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10):
            pass

    def projections(self) -> list[dict[str, Any]] | None:
        """None where nobody could say. Exit status 1 is an answer too: one of them is not well."""
        told = self._run(["projections", "list", "--json"], well=(0, 1))
        return None if told is None else json.loads(told)

    def _run(self, arguments: list[str], *, well: Sequence[int] = (0,), crash_point: str = "") -> str | None:
        """What it said; None if it could not do it, or not in time. Then it is told where it stood."""
        command = f"orders {' '.join(arguments)}"
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "operations", *arguments],
            env={**os.environ, **self._environment, "ORDERS_CRASH_POINT": crash_point},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            said, complaint = process.communicate(timeout=BOUND)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            _, complaint = process.communicate()
            self.complaints.append(f"{command} took more than {BOUND:g} s and stood here: {complaint[-3000:]}")
            return None
        if process.returncode in well:
            return said
        if process.returncode != EXIT_STATUS:
            self.complaints.append(f"{command} ended with {process.returncode}: {complaint[-500:]}")
        return None
