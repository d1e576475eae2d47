"""Mutated events are read or refused: the process that reads them neither dies nor grows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MUTATIONS = int(os.environ.get("MUTATIONS", "1000000"))


def read_mutated(count: int, reader: str = "codec") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.mutations", str(count), reader]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.slow
def test_every_mutated_event_is_read_or_refused() -> None:
    reading = read_mutated(MUTATIONS)

    assert reading.returncode == 0, reading.stderr
    outcome = json.loads(reading.stdout)
    assert outcome["read"] + outcome["refused"] == MUTATIONS
    assert outcome["read"] > MUTATIONS // 100, "mutations that are all refused at once would show nothing"
    assert outcome["refused"] > MUTATIONS // 100
    assert outcome["grown_mib"] < 32


def test_a_reader_without_our_guards_is_caught() -> None:
    assert read_mutated(1, reader="trusting").returncode == -signal.SIGSEGV
