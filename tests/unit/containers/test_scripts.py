"""What the scripts of tests/containers do to a machine and how they end; what they call is written down instead."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "containers"
OWN = "unix:///run/orderloom/docker.sock"
ANOTHER = "unix:///var/run/docker.sock"
SILENT = "exit 1"


class Machine:
    """Programs by name, each a few words of shell; what they were called with is in the log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.log.touch()
        self.scripts = folder / "clone" / "tests" / "containers"
        self.scripts.mkdir(parents=True)
        shutil.copy(SCRIPTS / "common.sh", self.scripts)

    def program(self, path: str, text: str) -> None:
        program = self.folder / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)

    def run(self, name: str, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
        shutil.copy(SCRIPTS / name, self.scripts)
        given = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "ORDER", "COMPOSE"))}
        return subprocess.run(
            ["bash", str(self.scripts / name), *arguments],
            env={
                **given,
                "PATH": f"{self.folder / 'bin'}:{path or os.environ['PATH']}",
                "VENV": str(self.folder / "venv"),
                "XDG_CACHE_HOME": str(self.folder),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def proof(machine: Machine, *, up: str = "exit 0", host: str = OWN, tests: str = "exit 0") -> int:
    """`prove` on a machine where no engine answers before `engine up`."""
    there = machine.folder / "engine-is-there"
    machine.program("bin/docker", f'[ -e {there} ] || exit 1; echo "docker $*" >>{machine.log}')
    machine.program(
        "clone/tests/containers/engine",
        f"case $1 in up) touch {there}; {up};; env) echo export DOCKER_HOST={host};; "
        f'*) echo "engine $1" >>{machine.log};; esac',
    )
    machine.program("clone/tests/containers/build-images", "echo export ORDERS_IMAGE_KAFKA=kafka")
    machine.program("venv/bin/python", f'echo "$BACKING" >>{machine.log}; {tests}')
    return machine.run("prove").returncode


def test_an_engine_of_our_own_is_swept_before_a_proof(machine: Machine) -> None:
    assert proof(machine, host=OWN) == 0

    assert "docker volume ls --quiet" in machine.told()
    assert "docker network prune --force" in machine.told()


def test_the_engine_of_a_machine_is_left_as_it_is(machine: Machine) -> None:
    """One that answers only after `up` is still somebody else's: a service that was about to start, say."""
    assert proof(machine, host=ANOTHER) == 0

    assert "prune" not in machine.told()
    assert "--quiet" not in machine.told()


def test_a_proof_runs_on_containers_and_ends_its_engine(machine: Machine) -> None:
    assert proof(machine) == 0

    assert machine.told().count("containers\n") == 3
    assert machine.told().splitlines()[-1] == "engine down"


@pytest.mark.parametrize("status", [2, 3])
def test_a_proof_ends_as_its_engine_does(machine: Machine, status: int) -> None:
    """3 is the one that others may go on after."""
    assert proof(machine, up=f"exit {status}") == status


@pytest.mark.parametrize("status", [1, 3, 4, 5])
def test_tests_that_fail_are_never_taken_for_the_want_of_an_engine(machine: Machine, status: int) -> None:
    """3 is what pytest ends with when it has failed itself."""
    assert proof(machine, tests=f"exit {status}") == 1


def test_only_what_is_missing_is_installed_and_without_an_engine_it_ends_with_3(machine: Machine) -> None:
    machine.program("bin/docker", SILENT)
    machine.program("bin/dockerd", SILENT)
    machine.program("bin/debootstrap", SILENT)
    machine.program("bin/apt-get", f'echo "apt-get $*" >>{machine.log}; [ "$1" = update ]')
    tools = machine.folder / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "mktemp", "tail", "rm", "env"):
        (tools / name).symlink_to(str(shutil.which(name)))
    machine.program("bin/id", "echo 0")

    done = machine.run("engine", "up", path=str(tools))

    assert done.returncode == 3, done.stderr
    assert machine.told().splitlines()[-1] == "apt-get install -qq -y --no-install-recommends iptables"


def test_with_an_engine_but_no_compose_it_fails(machine: Machine) -> None:
    machine.program("bin/docker", '[ "$1" = version ]')
    machine.program("bin/go", SILENT)

    done = machine.run("engine", "up")

    assert done.returncode == 2, done.stderr
    assert "compose could not be had" in done.stderr
