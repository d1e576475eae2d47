"""What .ci/run makes of the proof in containers: only a machine without an engine may do without it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PASSED = "== 3 passed in 0.01s =="


def run(clone: Path, proof: str) -> subprocess.CompletedProcess[str]:
    """The script itself in a folder where checks and tests pass, and the proof does as it is told."""
    for name, text in {"bin/make": "echo '== 900 passed in 1800.00s =='", "tests/containers/prove": proof}.items():
        program = clone / name
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    (clone / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", clone / ".ci")
    return subprocess.run(
        ["bash", ".ci/run"],
        cwd=clone,
        env={**os.environ, "PATH": f"{clone / 'bin'}:{os.environ['PATH']}", "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_proof_is_told_in_a_sentence_and_not_by_its_own_account_of_tests(tmp_path: Path) -> None:
    done = run(tmp_path, f"echo '{PASSED}'; echo 'containers: all of it: 1 s.' >&2")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "ci: the platform in containers is proven."
    assert PASSED not in done.stdout
    assert "containers: all of it" in done.stderr


def test_without_an_engine_it_says_so_and_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "exit 3")

    assert done.returncode == 0
    assert "no Docker engine can be had on this machine" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("status", [1, 2, 4])
def test_a_proof_that_fails_fails_all_and_shows_what_it_said(tmp_path: Path, status: int) -> None:
    done = run(tmp_path, f"echo 'what went wrong'; exit {status}")

    assert done.returncode == 1
    assert "what went wrong" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("ci: the proof in containers failed")


def test_a_proof_that_does_not_end_fails_all(tmp_path: Path) -> None:
    """As `timeout` tells it."""
    done = run(tmp_path, "exit 124")

    assert done.returncode == 1
    assert "did not end within" in done.stdout.splitlines()[-1]
