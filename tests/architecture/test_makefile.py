"""`make help` tells each target with a sentence."""

from __future__ import annotations

import re
import subprocess

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
