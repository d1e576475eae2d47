from __future__ import annotations

import pytest

from eventing.errors import Misconfigured
from tests import containers
from tests.backing import VARIABLES, given_by

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
def test_containers_are_left_where_no_engine_answers(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)

    assert not containers.engine_answers()
