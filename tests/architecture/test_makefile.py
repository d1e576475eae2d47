"""`make help` tells each target with a sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.planting import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def help_text() -> str:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return re.sub(r"\x1b\[\d*m", "", told.stdout)


@pytest.mark.parametrize("target", TARGETS)
def test_help_has_a_sentence_for(target: str, help_text: str) -> None:
    lines = [line.split(maxsplit=1) for line in help_text.splitlines()]
    sentences = {line[0]: line[1] for line in lines if len(line) == 2}

    assert target in sentences
    assert len(sentences[target].split()) >= 3


@pytest.mark.parametrize("promised", ["demo", "up", "down", "test", "unit", "check", "bench", "format", "help"])
def test_the_usual_targets_are_there(promised: str) -> None:
    assert promised in TARGETS


def test_an_old_python_is_refused_in_one_sentence() -> None:
    asking = "import sys; sys.version_info = (3, 10, 0); exec(open('tools/require_python.py').read())"
    refused = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert refused.returncode == 2
    assert refused.stderr.startswith("make: Python 3.11 or newer is needed, this is 3.10; ")
    assert refused.stderr.count("\n") == 1


def test_an_old_python_can_read_that_it_is_refused() -> None:
    assert (ROOT / "tools" / "require_python.py").read_text(encoding="utf-8").isascii()


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), "PYTHON=python0", f"VENV={tmp_path / 'venv'}", "install"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert told.returncode == 2
    assert told.stderr.startswith("make: there is no python0; install Python 3.11 or newer")
    assert not (tmp_path / "venv").exists()
