"""A short storm over the whole platform by a seed that everybody knows, and one by a seed that nobody has tried."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.planting import ROOT

KNOWN = 1
STORM_SECONDS = 20
MOST_SECONDS = 600
"""On a machine with nothing else to do it takes less than a third of that."""
PLENTY = 5
"""Faults, at least, that have to have struck while somebody was waiting, or the run says little."""


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(MOST_SECONDS + 60)
def test_two_storms_leave_nothing_wrong(tmp_path: Path) -> None:
    fresh = secrets.randbelow(10**6)
    figures = tmp_path / "soak.json"
    command = [sys.executable, "-m", "tests.soak", f"--seconds={STORM_SECONDS}", "--pause=1.5", "--rate=8"]
    command += [f"--seed={KNOWN}", f"--seed={fresh}", f"--out={figures}"]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said, _ = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that it takes its servers along
            said, _ = process.communicate()

    said = f"seeds {KNOWN} and {fresh}\n{said}"
    sys.stdout.write(said)
    assert process.returncode == 0, said
    told = json.loads(figures.read_text(encoding="utf-8"))
    assert told["violations"] == []
    assert told["not_settled"] == {}
    assert sum(kind["in_flight"] for kind in told["faults"].values()) >= PLENTY
    assert all(invariant["looked_at"] > 0 for invariant in told["invariants"].values())
    assert min(told["searches_answered"], told["lists_answered"]) > 0, "what nobody was shown could not be judged"
    assert told["given_up"] == 0
