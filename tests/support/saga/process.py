"""A process of the saga, to be killed, stopped and told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.relays.installation import until

START_SECONDS = 60


class SagaProcess:
    def __init__(self, settings: Mapping[str, str], names: Sequence[str], *, mutant: str = "none") -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.saga.main", mutant, *names],
            env={**clean, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._address = ""

    @property
    def address(self) -> str:
        """Of its health; waits until it says so."""
        assert self._process.stdout is not None
        self._address = self._address or self._process.stdout.readline().strip()
        return self._address

    @property
    def status(self) -> int | None:
        return self._process.poll()

    def metric(self, name: str, participant: str) -> float:
        text = httpx.get(f"{self.address}/metrics", timeout=10).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return next(
            each.value
            for each in samples
            if each.name == f"orderloom_saga_{name}" and each.labels.get("participant") == participant
        )

    def await_partitions(self, participant: str, count: int) -> None:
        until(lambda: self.metric("partitions", participant) == count, f"{count} partitions of {participant}", 60)

    def readiness(self) -> int:
        return httpx.get(f"{self.address}/readyz", timeout=10).status_code

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """Asks it to, and gives its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = START_SECONDS) -> int:
        status = self._process.wait(seconds)
        self._listener.join(5)
        return status

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join(5)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line
