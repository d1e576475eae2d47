"""`make mutants` calls dead only what a test has killed, and nothing broken runs anywhere but in tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.planting import ROOT
from tests.mutants.table import MUTANTS

PROMISED = 12
PROCESSES = {
    "tests.support.relays.main": "checkpoint_before_ack",
    "tests.support.saga.main": "timeout_is_decline",
    "tests.support.read_models.main": "without_versions",
    "tests.support.read_models.rebuilding": "switch_before_caught_up",
    "tests.support.queries.main": "does_not_wait",
}
KILLERS = """
import pytest
def test_notices(): pass
def test_is_blind(): raise AssertionError("nothing was noticed")
def test_is_left_out(): pytest.skip("not here")
"""
RUNNING = """
import sys
from tests.mutants.running import run
from tests.mutants.table import Mutant
mutants = [Mutant(name, "", "", "killers.py::" + name) for name in sys.argv[1:]]
for outcome in run(mutants, lambda _: None, sys.stderr, "-c", "/dev/null", "--rootdir=."):
    print(outcome.mutant.name, outcome.state, sep=": ")
"""


def test_there_are_as_many_as_promised_and_each_once() -> None:
    assert len(MUTANTS) >= PROMISED
    assert len({mutant.name for mutant in MUTANTS}) == len({mutant.killer for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.slow
def test_every_killer_is_there() -> None:
    program = (
        "from tests.mutants.running import known; from tests.mutants.table import MUTANTS;"
        "lost = {mutant.killer for mutant in MUTANTS} - set(known(MUTANTS)); assert not lost, lost"
    )

    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(
    ("killers", "said"),
    [
        (
            ["test_notices", "test_is_blind", "test_is_left_out", "test_was_renamed"],
            ["killed", "survived", "not shown", "not shown"],
        ),
        (["test_notices"], ["killed"]),
    ],
)
def test_only_what_a_test_has_noticed_is_called_dead(
    tmp_path: Path, killers: Sequence[str], said: Sequence[str]
) -> None:
    (tmp_path / "killers.py").write_text(KILLERS, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    told = subprocess.run(
        [sys.executable, "-c", RUNNING, *killers],
        cwd=tmp_path,
        env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.splitlines()[-len(killers) :] == [f"{a}: {b}" for a, b in zip(killers, said, strict=True)]


@pytest.mark.parametrize("module", PROCESSES)
@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_mutant_refuses_to_run_outside_tests(module: str, environment: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", module, PROCESSES[module]],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ORDERS_ENVIRONMENT": environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "ORDERS_ENVIRONMENT=test only" in told.stderr
