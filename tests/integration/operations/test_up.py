"""`orders up` as a developer uses it: everything runs, a changed source file counts, a mistake in one is survived."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

import operations
from tests.backing import Backing
from tests.support.own_names import own_names
from tests.support.relays.installation import fresh_database

pytestmark = pytest.mark.slow

ROOT = Path(operations.__file__).parents[1]
PACKAGES = (
    "command_service",
    "event_schemas",
    "eventing",
    "local_stack",
    "operations",
    "outbox_relay",
    "outside_world",
    "projections",
    "saga_choreography",
)
SECONDS_TO_END = 120


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy, in which a test may type what it likes."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / "tree" / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tree"


@pytest.fixture
def platform(backing: Backing, sources: Path, names: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with fresh_database(backing.postgres_url) as database:
        process = subprocess.Popen(
            [sys.executable, "-m", "operations", "up", "--reload"],
            cwd=sources,
            env={**os.environ, **own_names(backing, database, names, tmp_path / "stack")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        yield process
        process.kill()
        process.communicate()


def until_it_says(platform: subprocess.Popen[str], words: str) -> list[str]:
    assert platform.stdout is not None
    said = []
    for line in platform.stdout:
        said.append(line)
        if words in line:
            return said
    assert platform.stderr is not None
    raise AssertionError("".join(said) + platform.stderr.read())


def test_it_runs_takes_in_a_change_survives_a_mistake_and_ends(platform: subprocess.Popen[str], sources: Path) -> None:
    said = until_it_says(platform, "All of it runs.")
    apis = [line.split()[3].rstrip(",") for line in said if line.startswith(("The write API", "The query API"))]
    first = set(psutil.Process(platform.pid).children())

    fold = sources / "projections" / "folding.py"
    whole = fold.read_text()
    fold.write_text(f"{whole}\nthis is no Python\n")
    until_it_says(platform, "folding.py changed; the services start again.")
    assert "projector did not start." in until_it_says(platform, "did not start.")[-1]

    fold.write_text(whole)
    until_it_says(platform, "They run again.")
    second = set(psutil.Process(platform.pid).children())
    assert len(first) == len(second) == 8
    assert len(first & second) == 2, "the provider and the carrier are not ours, and stay"
    for api in apis:
        with urlopen(f"{api}/readyz", timeout=SECONDS_TO_END) as answer:
            assert answer.status == 200

    platform.send_signal(signal.SIGINT)
    _, complained = platform.communicate(timeout=SECONDS_TO_END)
    assert platform.returncode == 0, complained
    assert "Traceback" not in complained
    _, alive = psutil.wait_procs(second, timeout=SECONDS_TO_END)
    assert not alive
