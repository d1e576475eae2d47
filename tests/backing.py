"""The five real servers of a test run: those of the environment, else containers if they are asked for, else a local
stack.

A local stack is started by the first test of a run that needs it, whichever process that test is in, and belongs to
the process that the run was started as. It ends with that process, be it by kill -9.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from eventing.errors import Misconfigured
from local_stack import ephemeral, state
from local_stack.locks import exclusive

RUN_VARIABLE = "ORDERLOOM_TEST_RUN"

VARIABLES = {
    "postgres_url": "ORDERS_POSTGRES__URL",
    "kafka_bootstrap": "ORDERS_KAFKA__BOOTSTRAP_SERVERS",
    "elasticsearch_url": "ORDERS_ELASTICSEARCH__URL",
    "redis_url": "ORDERS_REDIS__URL",
    "registry_url": "ORDERS_REGISTRY__URL",
}


@dataclass(frozen=True, slots=True)
class Backing:
    postgres_url: str
    """Of a superuser, so that tests can make databases and roles of their own."""
    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    registry_url: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the tests, the same in all processes that it is spread over."""

    owner: int
    folder: Path


class CannotBeHad(Exception):
    """In words."""


@cache
def backing() -> Backing:
    if given := given_by(os.environ):
        return given
    run = this_run()
    if of_containers():
        from tests import containers  # its library is of use only where containers are asked for

        return containers.backing(run)
    return local(run)


def of_containers() -> bool:
    return os.environ.get("BACKING") == "containers"


def prepare() -> None:
    """Raises `CannotBeHad` where what is asked for is not there: a run on other servers, or one that skips, would prove
    something else."""
    if not of_containers():
        return
    from tests import containers

    if not containers.engine_answers():
        raise CannotBeHad(
            "BACKING=containers, but no Docker engine answers: start one (tests/containers/engine up), or leave it out."
        )
    if this_run().owner == os.getpid():
        containers.have_images()


def given_by(environ: Mapping[str, str]) -> Backing | None:
    found = {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
    missing = [variable for name, variable in VARIABLES.items() if name not in found]
    if found and missing:
        raise Misconfigured(f"tests take all five servers from the environment or none: set {', '.join(missing)} too.")
    return Backing(**found) if found else None


def local(run: Run) -> Backing:
    """The first process to come starts the stack; the others wait at the lock and find it."""
    run.folder.mkdir(exist_ok=True, mode=0o700)
    with exclusive(run.folder / "start.lock"):
        found = state.read(run.folder) or ephemeral.up(run.folder, run.owner)
    return Backing(**asdict(found))


def begin_run() -> None:
    """The first process of a run names it; those that it starts inherit the name, and share the servers."""
    folder = Path(tempfile.gettempdir()) / f"orderloom-test-{secrets.token_hex(6)}"
    os.environ.setdefault(RUN_VARIABLE, f"{os.getpid()} {folder}")


def this_run() -> Run:
    owner, _, folder = os.environ[RUN_VARIABLE].partition(" ")
    return Run(int(owner), Path(folder))


def end_run() -> None:
    """By the owner, so that nothing runs any more when the command line comes back."""
    run = this_run()
    if run.owner == os.getpid():
        if of_containers():
            from tests import containers

            containers.end(run)
        ephemeral.end(run.folder)
