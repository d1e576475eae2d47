"""The demo as somebody sees it who types one command, and as a machine sees it that has to be clean afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.backing import Backing
from tests.support.own_names import own_names
from tests.support.relays.installation import fresh_database

pytestmark = pytest.mark.slow

SECONDS_TO_RUN = 240
SERVICES = 8
"""Two APIs, two relays, the participants, the projector, and two of the outside world."""


@pytest.fixture
def database(backing: Backing) -> Iterator[str]:
    """Of one test: which builds of read models there are stands in it, and each test has other names for them."""
    with fresh_database(backing.postgres_url) as url:
        yield url


@pytest.fixture
def environment(backing: Backing, database: str, names: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, **own_names(backing, database, names, tmp_path)}


@pytest.fixture
def demo(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "operations", "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def children_of(demo: subprocess.Popen[str]) -> list[psutil.Process]:
    """Its services, and what it runs to its end, such as a rebuild."""
    found: list[psutil.Process] = psutil.Process(demo.pid).children(recursive=True)
    return found


def command_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:  # a rebuild that has just ended
        return ["projections"]


def until_it_shows_itself(demo: subprocess.Popen[str]) -> list[psutil.Process]:
    """Its services."""
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "orders placed" in line:
            return [child for child in children_of(demo) if "projections" not in command_of(child)]
    assert demo.stderr is not None
    raise AssertionError("".join(said) + demo.stderr.read())


def test_a_demo_of_some_seconds_ends_by_itself_with_a_proof(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "operations", "demo"],
        env={**environment, "DEMO_SECONDS": "25"},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) events stored since the demo began = (\d+) different events out of Kafka", done.stdout)
    placed = re.search(r"^order placed +(\d+)$", done.stdout, re.MULTILINE)
    published = re.search(r"^order.placed +(\d+)$", done.stdout, re.MULTILINE)
    assert counted
    assert counted[1] == counted[2] != "0"
    assert placed
    assert published
    assert placed[1] == published[1]
    for proven in (
        "each with one end",
        "Counted in each place: ",
        "the provider keeps",
        "nothing was promised twice",
        "equal the fold of the log",
    ):
        assert proven in done.stdout
    assert done.stdout.count("  curl -i http://127.0.0.1:") == 3


def test_ctrl_c_ends_it_with_a_proof_and_without_a_trace(demo: subprocess.Popen[str]) -> None:
    services = until_it_shows_itself(demo)

    demo.send_signal(signal.SIGINT)
    said, complained = demo.communicate(timeout=SECONDS_TO_RUN)

    assert demo.returncode == 0, said + complained
    assert "different events out of Kafka" in said
    assert len(services) == SERVICES
    assert_ended(services)


def test_services_do_not_outlive_a_demo_that_is_killed(demo: subprocess.Popen[str]) -> None:
    services = until_it_shows_itself(demo)

    everybody = children_of(demo)
    demo.kill()

    assert len(services) == SERVICES
    assert_ended(everybody)


def test_a_service_that_ends_by_itself_ends_the_demo_with_its_last_words(
    demo: subprocess.Popen[str],
) -> None:
    services = until_it_shows_itself(demo)
    participants = next(service for service in services if "participant" in command_of(service))

    participants.kill()
    _, complained = demo.communicate(timeout=SECONDS_TO_RUN)

    assert demo.returncode == 2
    assert "orders: the saga has ended." in complained
    assert "Traceback" not in complained
    assert_ended(services)


def assert_ended(processes: list[psutil.Process]) -> None:
    """Or end in a moment: who was killed, and whoever has to bury it, may be yet to be scheduled."""
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert not alive
