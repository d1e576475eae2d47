from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from eventing.errors import Misconfigured
from tests.backing import RUN_VARIABLE, VARIABLES, given_by, prepare

ALL = {variable: f"address of {name}" for name, variable in VARIABLES.items()}


def test_servers_that_are_given_are_taken() -> None:
    found = given_by(ALL)

    assert found is not None
    assert found.redis_url == "address of redis_url"


def test_nothing_given_is_no_mistake() -> None:
    assert given_by({"ORDERS_REDIS__URL": ""}) is None


@pytest.mark.parametrize("missing", ALL)
def test_some_servers_without_the_others_are_refused(missing: str) -> None:
    """Half a run against somebody's servers and half against local ones would prove nothing about either."""
    given = {variable: address for variable, address in ALL.items() if variable != missing}

    with pytest.raises(Misconfigured, match=missing):
        given_by(given)


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:1", "unix:///nowhere/docker.sock"])
def test_a_run_that_asks_for_containers_does_not_begin_where_no_engine_answers(host: str) -> None:
    """On other servers, or with tests that skip, it would end as well as one that had what it asked for."""
    environment = {**os.environ, "BACKING": "containers", "DOCKER_HOST": host}
    environment.pop(RUN_VARIABLE, None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", __file__]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert re.fullmatch(r"ERROR: BACKING=containers, but no Docker engine answers: [^\n]+\n+", done.stderr)


def test_a_run_that_asks_for_none_needs_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKING", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    prepare()
